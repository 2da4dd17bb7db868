//! Reads `list-features`.

use serde::Deserialize;

use super::{
    objects::{self, List, Object, Reader, Record, Unrecognised},
    programs,
    request::Request,
};

/// A feature as its host lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Feature {
    /// The name in parameters.
    pub(crate) name: String,
    pub(crate) description: String,
    /// Whether it is switched on in the module's configuration.
    pub(crate) offered: bool,
    pub(crate) default: bool,
}

/// The values that we read.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(crate) struct Values<'a> {
    description: Option<List<'a>>,
    enabled: Option<List<'a>>,
    default: Option<List<'a>>,
}

impl Record for Feature {
    type Object<'a> = Object<'a, Values<'a>>;

    fn read(Object { name, values }: Self::Object<'_>) -> Result<Self, Unrecognised> {
        objects::check_name(&name)?;
        let reader = Reader(&name);
        Ok(Self {
            description: reader.one(values.description, "description")?.unwrap_or_default(),
            offered: reader.yes(values.enabled, "enabled")?,
            default: reader.yes(values.default, "default")?,
            name: name.into_owned(),
        })
    }
}

/// The call that lists the features of a host.
pub(crate) fn listing() -> Request {
    Request::new(&programs::domains::LIST_FEATURES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(enabled: &str) -> Result<Feature, Unrecognised> {
        let object = format!(
            r#"{{"name":"web","values":{{"description":["Apache website"],"source":["Core"],"automatic":["No"],
                "enabled":["{enabled}"],"default":["No"]}}}}"#
        );
        Feature::read(serde_json::from_str(&object).unwrap())
    }

    #[test]
    fn reads_the_recorded_object() {
        let web = read_one("Yes").unwrap();
        assert_eq!((web.name.as_str(), web.description.as_str()), ("web", "Apache website"));
        assert!(web.offered && !web.default);
        assert!(!read_one("No").unwrap().offered);
        assert_eq!(read_one("Maybe").unwrap_err().to_string(), "`enabled` of web cannot be read");
    }
}
