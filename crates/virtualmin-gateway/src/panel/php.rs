//! Reads PHP of a website from `list-domains`, `list-php-directories` and `list-php-ini`, and the versions of a host from
//! `list-php-versions`.

use std::{borrow::Cow, collections::BTreeMap};

use model::quota::Limit;
use serde::Deserialize;

use super::{
    objects::{self, List, Object, Reader, Record, Unrecognised},
    programs,
    request::{Refusal, Request},
};

/// A version of PHP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) version: String,
    /// Empty if the host does not tell.
    pub(crate) full: String,
    pub(crate) modes: Vec<String>,
}

/// The values that we read of a version.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(crate) struct VersionValues<'a> {
    full_version: Option<List<'a>>,
    php_modes: Option<List<'a>>,
}

impl Record for Version {
    type Object<'a> = Object<'a, VersionValues<'a>>;

    fn read(Object { name, values }: Self::Object<'_>) -> Result<Self, Unrecognised> {
        objects::check_name(&name)?;
        let full = Reader(&name).one(values.full_version, "full_version")?.unwrap_or_default();
        let modes = values.php_modes.map(|it| it.words()).unwrap_or_default();
        Ok(Self { full, modes, version: name.into_owned() })
    }
}

/// How PHP is run for a website; `None` without a website.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Php(pub(crate) Option<Run>);

/// How PHP is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) mode: String,
    /// Empty without PHP.
    pub(crate) version: String,
    /// `None` if the host does not tell.
    pub(crate) max_execution_seconds: Option<Limit>,
}

/// The values that we read of a website; only the full form of the listing has them.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(crate) struct Values<'a> {
    php_execution_mode: Option<List<'a>>,
    php_version: Option<List<'a>>,
    php_max_execution_time: Option<List<'a>>,
}

impl Record for Php {
    type Object<'a> = Object<'a, Values<'a>>;

    fn read(Object { name, values }: Self::Object<'_>) -> Result<Self, Unrecognised> {
        objects::check_name(&name)?;
        let reader = Reader(&name);
        let Some(mode) = reader.one(values.php_execution_mode, "php_execution_mode")? else {
            return Ok(Self(None));
        };
        let (time, key) = (values.php_max_execution_time, "php_max_execution_time");
        Ok(Self(Some(Run {
            mode,
            version: reader.one(values.php_version, "php_version")?.unwrap_or_default(),
            max_execution_seconds: reader.parsed(time, key)?,
        })))
    }
}

/// A directory with a version of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directory {
    /// The whole path on the host.
    pub(crate) path: String,
    pub(crate) version: String,
    /// Whether it is that of the website's pages.
    pub(crate) is_root: bool,
}

/// The values that we read of a directory.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(crate) struct DirectoryValues<'a> {
    php_version: Option<List<'a>>,
    web_root_directory: Option<List<'a>>,
}

impl Record for Directory {
    type Object<'a> = Object<'a, DirectoryValues<'a>>;

    fn read(Object { name, values }: Self::Object<'_>) -> Result<Self, Unrecognised> {
        objects::check_name(&name)?;
        let reader = Reader(&name);
        Ok(Self {
            version: reader.some(values.php_version, "php_version")?,
            is_root: reader.yes(values.web_root_directory, "web_root_directory")?,
            path: name.into_owned(),
        })
    }
}

/// The settings of a website that have a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings(pub(crate) BTreeMap<String, String>);

impl Record for Settings {
    type Object<'a> = Object<'a, BTreeMap<Cow<'a, str>, List<'a>>>;

    fn read(Object { name, values }: Self::Object<'_>) -> Result<Self, Unrecognised> {
        objects::check_name(&name)?;
        let mut settings = BTreeMap::new();
        for (key, value) in values {
            // Whatever else a host lists, it was not asked for.
            let known = programs::php::SETTINGS.iter().find(|it| **it == key);
            let Some(known) = known else { continue };
            let value = value.single().ok_or_else(|| Reader(&name).wrong(known))?;
            if !value.is_empty() {
                settings.insert(key.into_owned(), value);
            }
        }
        Ok(Self(settings))
    }
}

/// The call that lists the versions of a host.
pub(crate) fn versions() -> Request {
    Request::new(&programs::php::LIST_VERSIONS)
}

/// The call that lists how PHP is run for a website.
pub(crate) fn listing(domain: &str) -> Result<Request, Refusal> {
    Request::on(&programs::domains::LIST, domain)
}

/// The call that lists the directories of a website with a version.
pub(crate) fn directories(domain: &str) -> Result<Request, Refusal> {
    Request::on(&programs::php::LIST_DIRECTORIES, domain)
}

/// The call that lists the settings of a website.
pub(crate) fn settings(domain: &str) -> Result<Request, Refusal> {
    let names = programs::php::SETTINGS.iter().copied();
    Request::on(&programs::php::LIST_SETTINGS, domain)?.values("ini-name", names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<R: Record>(object: &'static str) -> Result<R, Unrecognised> {
        R::read(serde_json::from_str(object).unwrap())
    }

    #[test]
    fn reads_the_recorded_version() {
        let object = r#"{"name":"8.2","values":{"php_modes":["fpm fcgid cgi"],"full_version":["8.2.35"],
            "cli":["/bin/php8.2"],"fpm_support":["Yes"]}}"#;
        let version = read::<Version>(object).unwrap();
        assert_eq!((version.version.as_str(), version.full.as_str()), ("8.2", "8.2.35"));
        assert_eq!(version.modes, ["fpm", "fcgid", "cgi"]);
    }

    #[test]
    fn a_website_without_php_and_no_website_stay_apart() {
        let none = r#"{"name":"a.test","values":{"php_execution_mode":["none"],"php_max_execution_time":["Unlimited"]}}"#;
        let Php(Some(run)) = read(none).unwrap() else { panic!("it has a website") };
        assert_eq!((run.mode.as_str(), run.version.as_str()), ("none", ""));
        assert_eq!(run.max_execution_seconds, Some(Limit::Unlimited));
        assert_eq!(read::<Php>(r#"{"name":"a.test","values":{}}"#).unwrap(), Php(None));
        let odd = r#"{"name":"a.test","values":{"php_execution_mode":["fpm"],"php_max_execution_time":["1 min"]}}"#;
        assert!(read::<Php>(odd).is_err());
    }

    #[test]
    fn settings_without_a_value_are_left_out() {
        let object = r#"{"name":"a.test","values":{"memory_limit":["256M"],"date.timezone":[""]}}"#;
        let settings = read::<Settings>(object).unwrap();
        assert_eq!(settings.0, BTreeMap::from([("memory_limit".to_owned(), "256M".to_owned())]));
        assert!(
            read::<Settings>(r#"{"name":"a.test","values":{"memory_limit":["1","2"]}}"#).is_err()
        );
    }

    #[test]
    fn a_row_of_the_table_is_no_directory() {
        let good = r#"{"name":"/home/a/public_html/app","values":{"php_version":["8.2"],"web_root_directory":["No"]}}"#;
        assert!(!read::<Directory>(good).unwrap().is_root);
        assert!(read::<Directory>(r#"{"name":"/home/a/public_html    8.2","values":{}}"#).is_err());
    }
}
