//! Where a configuration comes from: a file, and the variables over it.

use std::{collections::HashMap, path::PathBuf};

use ::config::{Config, ConfigError, Environment, File, FileFormat, Map, Value};

use super::Fault;

/// A file, if there is one, and the variables that override it. It can be read again when the file has changed.
#[derive(Clone, Debug, Default)]
pub struct Source {
    file: Option<PathBuf>,
    environment: HashMap<String, String>,
}

impl Source {
    /// Of the environment it keeps our own variables, and those that begin as in `older`, by the names of today.
    pub(super) fn new(
        file: Option<PathBuf>,
        environment: HashMap<String, String>,
        older: &[(&str, &str)],
    ) -> Self {
        let mut ours = HashMap::new();
        for (name, value) in environment.into_iter().filter(|(_, value)| !value.is_empty()) {
            let older = older.iter().find_map(|(old, new)| Some((new, name.strip_prefix(old)?)));
            match older {
                // The name of today counts more.
                Some((new, key)) => {
                    ours.entry(format!("{new}{key}")).or_insert(value);
                }
                None if name.starts_with("PRAHO__") => {
                    ours.insert(name, value);
                }
                None => {}
            }
        }
        Self { file, environment: ours }
    }

    /// The file.
    pub(super) fn file(&self) -> Option<&PathBuf> {
        self.file.as_ref()
    }

    /// The file with the environment's values over it.
    pub(super) fn layers(&self) -> Result<Map<String, Value>, Fault> {
        let mut builder = Config::builder();
        if let Some(path) = &self.file {
            builder = builder.add_source(File::from(path.as_path()).format(FileFormat::Toml));
        }
        let variables = Environment::with_prefix("PRAHO")
            .prefix_separator("__")
            .separator("__")
            .ignore_empty(true)
            .source(Some(self.environment.clone()));
        let tree = builder
            .add_source(variables)
            .build()
            .and_then(|config| ::config::Source::collect(&config));
        tree.map_err(|error| self.unreadable(&error))
    }

    /// The fault of a layer that cannot be read, without the quotation in the library's message.
    fn unreadable(&self, error: &ConfigError) -> Fault {
        let name = self.file.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
        if let ConfigError::FileParse { cause, .. } = error {
            let reason =
                cause.downcast_ref::<toml::de::Error>().map_or("", toml::de::Error::message);
            return Fault::new(&name, format!("is not valid TOML: {reason}"), "correct the file");
        }
        if let ConfigError::Foreign(cause) = error {
            let remedy = "PRAHO_CONFIG must name a file that this user may read";
            return Fault::new(&name, format!("cannot be read: {cause}"), remedy);
        }
        let remedy = "each must be UTF-8 and named PRAHO__SECTION__KEY";
        Fault::new("PRAHO__*", "the variables cannot be read".to_owned(), remedy)
    }
}
