//! Reads `list-databases`.

use serde::Deserialize;

use super::{
    objects::{self, List, Object, Reader, Record, Unrecognised},
    programs,
    request::{Refusal, Request},
};

/// A database as its host lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Database {
    pub(crate) name: String,
    /// `mysql`, `postgres` or that of a plugin.
    pub(crate) kind: String,
    /// `None` if the host does not tell.
    pub(crate) size_bytes: Option<u64>,
    /// `None` if the host does not tell.
    pub(crate) tables: Option<u64>,
}

/// The values that we read.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(crate) struct Values<'a> {
    #[serde(rename = "type")]
    kind: Option<List<'a>>,
    byte_size: Option<List<'a>>,
    tables: Option<List<'a>>,
}

impl Record for Database {
    type Object<'a> = Object<'a, Values<'a>>;

    fn read(Object { name, values }: Self::Object<'_>) -> Result<Self, Unrecognised> {
        objects::check_name(&name)?;
        let reader = Reader(&name);
        let count = |list, key| match reader.one(list, key)?.as_deref() {
            // A database that cannot be opened has an empty count (`list-databases.pl` of 8.1.0).
            None | Some("") => Ok(None),
            Some(digits) => digits.parse().map(Some).map_err(|_| reader.wrong(key)),
        };
        Ok(Self {
            kind: reader.some(values.kind, "type")?,
            size_bytes: count(values.byte_size, "byte_size")?,
            tables: count(values.tables, "tables")?,
            name: name.into_owned(),
        })
    }
}

/// The call that lists the databases of a virtual server.
pub(crate) fn listing(domain: &str) -> Result<Request, Refusal> {
    Request::on(&programs::databases::LIST, domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(object: &str) -> Result<Database, Unrecognised> {
        Database::read(serde_json::from_str(object).unwrap())
    }

    #[test]
    fn reads_the_recorded_object() {
        let beta = read_one(
            r#"{"name":"beta","values":{"tables":["0"],"byte_size":["16384"],"type":["mysql"],
                "files":["1"],"size":["16 KiB"]}}"#,
        );
        let beta = beta.unwrap();
        assert_eq!((beta.name.as_str(), beta.kind.as_str()), ("beta", "mysql"));
        assert_eq!((beta.size_bytes, beta.tables), (Some(16_384), Some(0)));
    }

    #[test]
    fn what_a_host_does_not_tell_is_not_guessed() {
        let closed = read_one(r#"{"name":"b","values":{"type":["postgres"],"tables":[""]}}"#);
        let closed = closed.unwrap();
        assert_eq!((closed.size_bytes, closed.tables), (None, None));
        for object in [
            r#"{"name":"beta                           mysql","values":{}}"#,
            r#"{"name":"beta","values":{}}"#,
            r#"{"name":"beta","values":{"type":["mysql"],"byte_size":["16 KiB"]}}"#,
        ] {
            assert!(read_one(object).is_err(), "{object}");
        }
    }
}
