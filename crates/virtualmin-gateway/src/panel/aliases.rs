//! Reads `list-aliases`.

use serde::Deserialize;

use super::{
    objects::{self, List, Object, Reader, Record, Unrecognised},
    programs,
    request::{Refusal, Request},
};

/// A mail alias as its host lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alias {
    /// The part of the address before the `@`, or `*` for every other address of the domain.
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
}

/// The values that we read.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(crate) struct Values<'a> {
    to: Option<List<'a>>,
}

impl Record for Alias {
    type Object<'a> = Object<'a, Values<'a>>;

    fn read(Object { name, values }: Self::Object<'_>) -> Result<Self, Unrecognised> {
        objects::check_name(&name)?;
        // The address of a catch-all begins with the `@` (`nice_from` in `list-aliases.pl` of 8.1.0).
        let from = match name.split_once('@') {
            Some(("", _)) => "*",
            Some((local, _)) => local,
            None => return Err(Unrecognised::Name),
        };
        let to = values.to.ok_or_else(|| Reader(&name).missing("to"))?.all();
        Ok(Self { from: from.to_owned(), to })
    }
}

/// The call that lists the aliases of a virtual server.
pub(crate) fn listing(domain: &str) -> Result<Request, Refusal> {
    Request::on(&programs::aliases::LIST, domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(data: &str) -> Result<Vec<Alias>, Unrecognised> {
        let listed: Vec<_> = serde_json::from_str(data).unwrap();
        listed.into_iter().map(Alias::read).collect()
    }

    #[test]
    fn reads_addresses_in_their_order_and_a_catch_all() {
        let data = r#"[{"name":"team@beta.test","values":{"to":["bob@beta.test","ext@example.net"]}},
            {"name":"@beta.test","values":{"to":["bob@beta.test"]}}]"#;
        let aliases = listed(data).unwrap();
        assert_eq!(aliases[0].from, "team");
        assert_eq!(aliases[0].to, ["bob@beta.test", "ext@example.net"]);
        assert_eq!(aliases[1].from, "*");
    }

    #[test]
    fn a_row_of_the_table_is_no_alias() {
        for data in [
            r#"[{"name":"sales                bob@beta.test","values":{}}]"#,
            r#"[{"name":"sales","values":{"to":["bob@beta.test"]}}]"#,
            r#"[{"name":"sales@beta.test","values":{}}]"#,
        ] {
            assert!(listed(data).is_err(), "{data}");
        }
    }
}
