//! Reads `list-templates` and `get-template`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    objects::{self, List, Object, Reader, Record, Unrecognised},
    programs,
    request::{Refusal, Request},
};

/// A template of the panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// The values that we read.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(crate) struct Values<'a> {
    name: Option<List<'a>>,
}

impl Record for Template {
    type Object<'a> = Object<'a, Values<'a>>;

    fn read(Object { name: id, values }: Self::Object<'_>) -> Result<Self, Unrecognised> {
        objects::check_name(&id)?;
        let name = Reader(&id).some(values.name, "name")?;
        Ok(Self { id: id.into_owned(), name })
    }
}

/// The settings in the output of `get-template`, a line each (208).
pub(crate) fn settings(output: &str) -> BTreeMap<String, String> {
    let pair = |line: &str| {
        let (key, value) = line.split_once(':')?;
        Some((key.to_owned(), value.strip_prefix(' ').unwrap_or(value).to_owned()))
    };
    output.lines().filter_map(pair).collect()
}

/// The call that prints the settings of a template.
pub(crate) fn getting(id: &str) -> Result<Request, Refusal> {
    Request::new(&programs::plans::GET_TEMPLATE).value("id", id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_may_be_empty_and_may_have_a_colon() {
        let settings = settings("dns_ttl: \nmail_subject: Made: now\nid: 0\n\n");
        assert_eq!(settings["dns_ttl"], "");
        assert_eq!(settings["mail_subject"], "Made: now");
        assert_eq!(settings.len(), 3);
    }

    #[test]
    fn a_row_of_the_table_is_no_template() {
        let good = r#"{"name":"0","values":{"name":["Default Settings"],"custom_web":["Custom"]}}"#;
        let read = |json: &str| Template::read(serde_json::from_str(json).unwrap());
        assert_eq!(read(good).unwrap().name, "Default Settings");
        assert!(read(r#"{"name":"0                  Default Settings","values":{}}"#).is_err());
    }
}
