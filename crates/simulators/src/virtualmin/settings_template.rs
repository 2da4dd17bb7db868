//! The panel's templates: settings for new virtual servers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A template of the panel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Template {
    /// The id, which is digits.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// Whether it belongs to the panel and cannot be deleted.
    pub standard: bool,
    /// The settings by name. `none` switches off what the setting is about, and an empty one stands for the default.
    pub settings: BTreeMap<String, String>,
}

impl Template {
    /// The templates of a new Virtualmin (recordings 205 and 208), with few of their settings.
    pub(super) fn standard() -> Vec<Self> {
        let first = [
            ("web", "DocumentRoot ${HOME}/public_html"),
            ("dns", "none"),
            ("ftp", "ServerName ${DOM}"),
            ("logrotate", "none"),
            ("mail_on", "none"),
            ("domslimit", "0"),
            ("mailboxlimit", "none"),
            ("dns_ttl", ""),
            ("mysql_nopass", "0"),
        ];
        vec![
            Self::new("0", "Default Settings", &first),
            Self::new("1", "Settings For Sub-Servers", &[("mail_on", "none")]),
        ]
    }

    fn new(id: &str, name: &str, settings: &[(&str, &str)]) -> Self {
        let settings = settings.iter().map(|(key, value)| ((*key).into(), (*value).into()));
        Self { id: id.into(), name: name.into(), standard: true, settings: settings.collect() }
    }
}
