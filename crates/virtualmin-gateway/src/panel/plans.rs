//! Reads `list-plans`, and writes the terms of plans as the panel takes them.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{
    objects::{self, List, Object, Reader, Record, Unrecognised},
    request::{Refusal, Request},
};

/// A plan of the panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) id: String,
    pub(crate) terms: Terms,
}

/// What a plan allows; `None` is unlimited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) name: String,
    /// In blocks of 1 KiB.
    pub(crate) quota: Option<u64>,
    /// In blocks of 1 KiB.
    pub(crate) administrator_quota: Option<u64>,
    pub(crate) mailboxes: Option<u64>,
    pub(crate) aliases: Option<u64>,
    pub(crate) databases: Option<u64>,
    pub(crate) domains: Option<u64>,
    pub(crate) transfer_bytes: Option<u64>,
    /// `None` for all.
    pub(crate) features: Option<BTreeSet<String>>,
}

impl Terms {
    /// The numbers with the flag of each.
    fn numbers(&self) -> [(&'static str, Option<u64>); 7] {
        [
            ("quota", self.quota),
            ("admin-quota", self.administrator_quota),
            ("max-mailbox", self.mailboxes),
            ("max-alias", self.aliases),
            ("max-dbs", self.databases),
            ("max-doms", self.domains),
            ("max-bw", self.transfer_bytes),
        ]
    }

    /// Adds the terms of a new plan, for which the panel takes what is not given as unlimited.
    ///
    /// # Errors
    /// [`Refusal`] if a value has not its form.
    pub(crate) fn of_new(&self, request: Request) -> Result<Request, Refusal> {
        self.given(request.value("name", &self.name)?)
    }

    /// Adds the terms of a plan that has others.
    ///
    /// # Errors
    /// As [`of_new`](Self::of_new).
    pub(crate) fn of_old(&self, request: Request) -> Result<Request, Refusal> {
        let request = request.value("new-name", &self.name)?;
        let unlimited = self.numbers().into_iter().filter(|(_, limit)| limit.is_none());
        let request = unlimited
            .map(|(flag, _)| format!("no-{flag}"))
            .try_fold(request, |request, flag| request.switch(&flag))?;
        let request = self.given(request)?;
        if self.features.is_none() { request.switch("auto-features") } else { Ok(request) }
    }

    fn given(&self, request: Request) -> Result<Request, Refusal> {
        let limits = self.numbers().into_iter().filter_map(|(flag, limit)| Some((flag, limit?)));
        let request = limits
            .into_iter()
            .try_fold(request, |request, (flag, limit)| request.value(flag, &limit.to_string()))?;
        match &self.features {
            None => Ok(request),
            Some(features) => {
                let words: Vec<_> = features.iter().map(String::as_str).collect();
                request.value("features", &words.join(" "))
            }
        }
    }
}

/// The values that we read.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(crate) struct Values<'a> {
    name: Option<List<'a>>,
    server_block_quota: Option<List<'a>>,
    administrator_block_quota: Option<List<'a>>,
    maximum_mailbox: Option<List<'a>>,
    maximum_alias: Option<List<'a>>,
    maximum_dbs: Option<List<'a>>,
    maximum_doms: Option<List<'a>>,
    maximum_bw: Option<List<'a>>,
    allowed_features: Option<List<'a>>,
}

impl Record for Plan {
    type Object<'a> = Object<'a, Values<'a>>;

    fn read(Object { name: id, values }: Self::Object<'_>) -> Result<Self, Unrecognised> {
        objects::check_name(&id)?;
        let reader = Reader(&id);
        let limit = |list, key| match reader.some(list, key)?.as_str() {
            "Unlimited" => Ok(None),
            number => number.parse().map(Some).map_err(|_| reader.wrong(key)),
        };
        let features = reader.some(values.allowed_features, "allowed_features")?;
        let terms = Terms {
            name: reader.some(values.name, "name")?,
            quota: limit(values.server_block_quota, "server_block_quota")?,
            administrator_quota: limit(
                values.administrator_block_quota,
                "administrator_block_quota",
            )?,
            mailboxes: limit(values.maximum_mailbox, "maximum_mailbox")?,
            aliases: limit(values.maximum_alias, "maximum_alias")?,
            databases: limit(values.maximum_dbs, "maximum_dbs")?,
            domains: limit(values.maximum_doms, "maximum_doms")?,
            transfer_bytes: limit(values.maximum_bw, "maximum_bw")?,
            features: match features.as_str() {
                "Automatic" => None,
                "none" => Some(BTreeSet::new()),
                words => Some(words.split_whitespace().map(str::to_owned).collect()),
            },
        };
        Ok(Self { id: id.into_owned(), terms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::programs::plans::{CREATE, MODIFY};

    /// As recorded (198), shortened.
    const STARTER: &str = r#"{"name":"17952302387437","values":{"name":["Starter"],"server_quota":["1 GiB"],
        "server_block_quota":["1048576"],"administrator_block_quota":["Unlimited"],"maximum_mailbox":["10"],
        "maximum_alias":["Unlimited"],"maximum_dbs":["Unlimited"],"maximum_doms":["0"],"maximum_bw":["Unlimited"],
        "allowed_features":["web dir"],"resellers":["All"]}}"#;

    fn read(json: &str) -> Result<Plan, Unrecognised> {
        Plan::read(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn no_limit_and_a_limit_of_nothing_are_told_apart() {
        let Plan { id, terms } = read(STARTER).unwrap();
        assert_eq!((id.as_str(), terms.name.as_str()), ("17952302387437", "Starter"));
        assert_eq!((terms.quota, terms.administrator_quota), (Some(1_048_576), None));
        assert_eq!((terms.domains, terms.mailboxes, terms.aliases), (Some(0), Some(10), None));
        assert_eq!(terms.features.unwrap().len(), 2);
        let all = read(&STARTER.replace("web dir", "Automatic")).unwrap();
        assert_eq!(all.terms.features, None);
        assert!(read(&STARTER.replace("\"10\"", "\"many\"")).is_err());
        assert!(read(&STARTER.replace("maximum_bw", "max_bw")).is_err());
    }

    #[test]
    fn what_is_unlimited_is_left_out_of_a_new_plan_and_taken_off_an_old_one() {
        let terms = read(STARTER).unwrap().terms;
        let new = terms.of_new(Request::new(&CREATE)).unwrap().form();
        let sent = "program=create-plan&json=1&name=Starter&quota=1048576&max-mailbox=10&max-doms=0\
            &features=dir+web";
        assert_eq!(new, sent);
        let terms = Terms { features: None, ..terms };
        let old = terms.of_old(Request::new(&MODIFY)).unwrap().form();
        let sent = "program=modify-plan&json=1&new-name=Starter&no-admin-quota=&no-max-alias=&no-max-dbs=\
            &no-max-bw=&quota=1048576&max-mailbox=10&max-doms=0&auto-features=";
        assert_eq!(old, sent);
    }
}
