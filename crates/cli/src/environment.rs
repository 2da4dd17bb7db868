//! The environment variables, read once and passed on.

use std::path::PathBuf;

use model::secret::Secret;

/// The variables that this program reads. An empty one counts as absent.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    /// `PRAHO_GRPC_URL`.
    pub(crate) url: Option<String>,
    /// `PRAHO_API_TOKEN`.
    pub(crate) token: Option<Secret>,
    /// `PRAHO_CA_FILE`.
    pub(crate) ca_file: Option<PathBuf>,
    /// `PRAHO_PROFILE`.
    pub(crate) profile: Option<String>,
    /// `NO_COLOR` (<https://no-color.org>): no colours if it is not empty.
    pub(crate) no_color: bool,
    /// The path of the configuration file, by the XDG Base Directory Specification.
    pub(crate) config_file: Option<PathBuf>,
}

impl Environment {
    pub(crate) fn read() -> Self {
        Self::from(|name| {
            #[expect(
                clippy::disallowed_methods,
                reason = "the one place of this program that reads the environment; services read theirs in chassis"
            )]
            std::env::var(name).ok()
        })
    }

    fn from(variable: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: &str| variable(name).filter(|it| !it.is_empty());
        // The XDG Base Directory Specification says that relative folders are ignored.
        let folder = |name: &str| variable(name).map(PathBuf::from).filter(|it| it.is_absolute());
        let config = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")));
        Self {
            url: variable("PRAHO_GRPC_URL"),
            token: variable("PRAHO_API_TOKEN").map(Secret::from),
            ca_file: variable("PRAHO_CA_FILE").map(PathBuf::from),
            profile: variable("PRAHO_PROFILE"),
            no_color: variable("NO_COLOR").is_some(),
            config_file: config.map(|it| it.join("praho").join("config.toml")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Environment {
        Environment::from(|name| variables.iter().find(|it| it.0 == name).map(|it| it.1.to_owned()))
    }

    #[test]
    fn the_configuration_lies_where_xdg_says() {
        let file = |variables: &[(&str, &str)]| with(variables).config_file;
        let home = ("HOME", "/home/ana");
        assert_eq!(file(&[home]), Some("/home/ana/.config/praho/config.toml".into()));
        assert_eq!(file(&[home, ("XDG_CONFIG_HOME", "/c")]), Some("/c/praho/config.toml".into()));
        let relative = file(&[home, ("XDG_CONFIG_HOME", "c")]);
        assert_eq!(relative, Some("/home/ana/.config/praho/config.toml".into()));
        assert_eq!(file(&[]), None);
    }

    #[test]
    fn an_empty_variable_counts_as_none() {
        let environment = with(&[("PRAHO_GRPC_URL", ""), ("NO_COLOR", "")]);
        assert_eq!(environment.url, None);
        assert!(!environment.no_color);
    }
}
