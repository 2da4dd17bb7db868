//! Reads from `list-domains` the settings of one virtual server that the listing of all has no use for.

use model::quota::Limit;
use serde::Deserialize;

use super::{
    objects::{self, List, Object, Reader, Record, Unrecognised},
    programs,
    request::{Refusal, Request},
};

/// The settings of a virtual server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The address of its owner.
    pub(crate) email: String,
    /// The panel's own plan for it.
    pub(crate) plan: String,
    /// In bytes a month; `None` if the host does not count transfer, or for what belongs to another virtual server.
    pub(crate) bandwidth: Option<Limit>,
    /// `None` for what belongs to another virtual server.
    pub(crate) counts: Option<Counts>,
}

/// How many things it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) mailboxes: Limit,
    pub(crate) databases: Limit,
    pub(crate) aliases: Limit,
    pub(crate) sub_servers: Limit,
    pub(crate) alias_servers: Limit,
}

/// The values that we read.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(crate) struct Values<'a> {
    contact_email: Option<List<'a>>,
    plan: Option<List<'a>>,
    bandwidth_byte_limit: Option<List<'a>>,
    maximum_mailboxes: Option<List<'a>>,
    maximum_databases: Option<List<'a>>,
    maximum_aliases: Option<List<'a>>,
    #[serde(rename = "maximum_sub-servers")]
    maximum_sub_servers: Option<List<'a>>,
    maximum_alias_servers: Option<List<'a>>,
}

impl Record for Settings {
    type Object<'a> = Object<'a, Values<'a>>;

    fn read(Object { name, values }: Self::Object<'_>) -> Result<Self, Unrecognised> {
        objects::check_name(&name)?;
        let reader = Reader(&name);
        let count = |list, key| {
            let text = reader.some(list, key)?;
            match text.as_str() {
                "*" => Ok(Limit::Unlimited),
                "Cannot create" => Ok(Limit::AtMost(0)),
                text => text.parse().map_err(|_| reader.wrong(key)),
            }
        };
        let counts = match values.maximum_mailboxes {
            None => None,
            mailboxes => Some(Counts {
                mailboxes: count(mailboxes, "maximum_mailboxes")?,
                databases: count(values.maximum_databases, "maximum_databases")?,
                aliases: count(values.maximum_aliases, "maximum_aliases")?,
                sub_servers: count(values.maximum_sub_servers, "maximum_sub-servers")?,
                alias_servers: count(values.maximum_alias_servers, "maximum_alias_servers")?,
            }),
        };
        Ok(Self {
            email: reader.one(values.contact_email, "contact_email")?.unwrap_or_default(),
            plan: reader.one(values.plan, "plan")?.unwrap_or_default(),
            bandwidth: reader.parsed(values.bandwidth_byte_limit, "bandwidth_byte_limit")?,
            counts,
        })
    }
}

/// The call that lists the settings of a virtual server.
pub(crate) fn listing(domain: &str) -> Result<Request, Refusal> {
    Request::on(&programs::domains::LIST, domain)?.switch("simple-multiline")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &str) -> Result<Settings, Unrecognised> {
        let object = format!(r#"{{"name":"a.test","values":{values}}}"#);
        Settings::read(serde_json::from_str(&object).unwrap())
    }

    #[test]
    fn reads_the_recorded_words_for_none_and_for_unlimited() {
        let settings = read(
            r#"{"contact_email":["owner@example.net"],"plan":["Default Plan"],"bandwidth_byte_limit":["5000000000"],
                "maximum_mailboxes":["10"],"maximum_databases":["Unlimited"],"maximum_aliases":["Unlimited"],
                "maximum_sub-servers":["Cannot create"],"maximum_alias_servers":["*"],"hashed_password":["HASH"]}"#,
        );
        let settings = settings.unwrap();
        let counts = Counts {
            mailboxes: Limit::AtMost(10),
            databases: Limit::Unlimited,
            aliases: Limit::Unlimited,
            sub_servers: Limit::AtMost(0),
            alias_servers: Limit::Unlimited,
        };
        assert_eq!(settings.counts, Some(counts));
        assert_eq!(settings.bandwidth, Some(Limit::AtMost(5_000_000_000)));
        assert_eq!(
            (settings.email.as_str(), settings.plan.as_str()),
            ("owner@example.net", "Default Plan")
        );
        assert!(!format!("{settings:?}").contains("HASH"));
    }

    #[test]
    fn a_part_has_no_counts_and_half_of_them_are_not_read() {
        assert_eq!(read("{}").unwrap().counts, None);
        let half = read(r#"{"maximum_mailboxes":["10"]}"#).unwrap_err();
        assert_eq!(half.to_string(), "a.test has no `maximum_databases`");
        assert!(read(r#"{"bandwidth_byte_limit":["4.65 GiB"]}"#).is_err());
    }
}
