//! The configuration file: named profiles, each with an API and its token.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{ErrorKind, Read},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use model::secret::Secret;
use serde::Deserialize;

use crate::failure::Failure;

/// The permission bits of a file for its group and for others.
const OTHERS: u32 = 0o077;

/// `config.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Configuration {
    profiles: BTreeMap<String, Profile>,
}

/// An API and its token.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Profile {
    pub(crate) url: Option<String>,
    token: Option<Secret>,
    token_file: Option<PathBuf>,
    pub(crate) ca_file: Option<PathBuf>,
}

impl Configuration {
    /// The content of the file; empty if there is no file.
    ///
    /// # Errors
    /// If the file cannot be read or parsed, or holds a token and is readable by others.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::default()) };
        let wrong = |problem: String| Failure::Usage(format!("{}: {problem}", path.display()));
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(wrong(error.to_string())),
        };
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| wrong(error.to_string()))?;
        let text = Secret::from(text);
        // The error's own text is not shown: it quotes the line, which may be the token's.
        let found: Self = toml::from_str(text.expose()).map_err(|error| {
            let before = error.span().and_then(|it| text.expose().get(..it.start));
            let line = before.map_or(0, |it| it.matches('\n').count()) + 1;
            wrong(format!("line {line}: {}", error.message()))
        })?;
        if found.profiles.values().any(|it| it.token.is_some()) {
            let mode = file.metadata().map_err(|error| wrong(error.to_string()))?;
            let mode = mode.permissions().mode() & 0o777;
            if mode & OTHERS != 0 {
                let path = path.display();
                return Err(wrong(format!(
                    "it holds a token and its mode {mode:04o} gives other users access; chmod 600 {path}"
                )));
            }
        }
        Ok(found)
    }

    /// Removes the profile with that name and returns it.
    pub(crate) fn take(&mut self, name: &str) -> Option<Profile> {
        self.profiles.remove(name)
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.profiles.keys().map(String::as_str).collect()
    }
}

impl Profile {
    /// The profile's token; without one, the content of its token file.
    ///
    /// # Errors
    /// If both are given, or the file cannot be read.
    pub(crate) fn token(self) -> Result<Option<Secret>, Failure> {
        match (self.token, self.token_file) {
            (Some(_), Some(_)) => Err(Failure::Usage(
                "the profile has both token and token_file; leave one out".to_owned(),
            )),
            (None, Some(file)) => token_in(&file).map(Some),
            (token, None) => Ok(token),
        }
    }
}

/// The token in the file.
///
/// # Errors
/// If the file cannot be read.
pub(crate) fn token_in(file: &Path) -> Result<Secret, Failure> {
    let text = fs::read_to_string(file).map(Secret::from);
    let text = text.map_err(|error| {
        Failure::Usage(format!("the token file {} cannot be read: {error}", file.display()))
    })?;
    Ok(Secret::from(text.expose().trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use testkit::Scratch;

    use super::*;

    /// The error for a configuration with this text and mode.
    fn problem(text: &str, mode: u32) -> String {
        let scratch = Scratch::new("praho-config");
        let file = scratch.path().join("config.toml");
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        Configuration::read(Some(&file)).map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn a_token_that_others_may_read_is_refused_with_the_remedy() {
        let text = "[profiles.default]\ntoken = \"praho_hidden\"\n";
        for mode in [0o644, 0o640, 0o604, 0o660] {
            let seen = problem(text, mode);
            assert!(seen.contains(&format!("{mode:04o}")) && seen.contains("chmod 600"), "{seen}");
            assert!(!seen.contains("praho_hidden"), "{seen}");
        }
        for mode in [0o600, 0o400] {
            assert_eq!(problem(text, mode), "");
        }
        let elsewhere = "[profiles.default]\ntoken_file = \"/run/secrets/praho\"\n";
        assert_eq!(problem(elsewhere, 0o644), "");
    }

    #[test]
    fn a_syntax_error_is_reported_by_line_without_the_token() {
        let seen = problem("[profiles.default]\nurl = \"x\"\ntoken = \"praho_hidden\n", 0o600);
        assert!(seen.contains("config.toml: line 3: ") && !seen.contains("hidden"), "{seen}");
        let seen = problem("[profiles.default]\nurls = \"x\"\n", 0o600);
        assert!(seen.contains("line 2: ") && seen.contains("`urls`"), "{seen}");
    }

    #[test]
    fn a_token_comes_from_one_place() {
        let both = "token = \"praho_hidden\"\ntoken_file = \"/run/secrets/praho\"\n";
        let error = toml::from_str::<Profile>(both).unwrap().token().unwrap_err().to_string();
        assert!(error.contains("token_file") && !error.contains("hidden"), "{error}");
    }
}
