//! The API's URL and its token: from flags, then the environment, then the configuration file.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
};

use model::secret::Secret;
use tonic::transport::Uri;

use crate::{
    configuration::{Configuration, Profile, token_in},
    environment::Environment,
    failure::Failure,
    options::Connection,
};

/// The profile that is used if none is named.
const DEFAULT: &str = "default";

/// The API to call.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) url: String,
    pub(crate) token: Secret,
    /// The roots of the API's certificate; the system's without a file.
    pub(crate) ca_file: Option<PathBuf>,
}

impl Settings {
    /// Chooses each value: a flag wins over the environment, the environment over the file.
    ///
    /// A profile from the flag `--profile` is an explicit choice, so it wins over the environment: a token must
    /// not go to the API of another profile.
    ///
    /// # Errors
    /// If the URL or the token is missing, the profile is unknown, or a file cannot be read.
    pub(crate) fn settle(flags: Connection, environment: Environment) -> Result<Self, Failure> {
        let file = environment.config_file.as_deref();
        let mut asked = match &flags.profile {
            Some(name) => profile(name, file)?,
            None => Profile::default(),
        };
        let mut url = flags.url.or(asked.url.take()).or(environment.url);
        let mut ca_file = flags.ca_file.or(asked.ca_file.take());
        if flags.profile.is_none() {
            ca_file = ca_file.or(environment.ca_file);
        }
        let mut token = match flags.token_file {
            Some(file) => Some(token_in(&file)?),
            None => asked.token()?.or(environment.token),
        };
        if (url.is_none() || token.is_none()) && flags.profile.is_none() {
            let mut fallback = match &environment.profile {
                Some(name) => profile(name, file)?,
                None => Configuration::read(file)?.take(DEFAULT).unwrap_or_default(),
            };
            // The roots belong to the API of the profile, and to no other one.
            if url.is_none() {
                ca_file = ca_file.or(fallback.ca_file.take());
            }
            url = url.or(fallback.url.take());
            if token.is_none() {
                token = fallback.token()?;
            }
        }
        Ok(Self {
            url: url.ok_or(Failure::NoUrl)?,
            token: token.filter(|it| !it.is_empty()).ok_or(Failure::NoToken)?,
            ca_file,
        })
    }

    /// Whether the token would cross a network unencrypted.
    pub(crate) fn is_exposed(&self) -> bool {
        let Ok(uri) = self.url.parse::<Uri>() else { return false };
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let here = host == "localhost" || host.parse().is_ok_and(|it: IpAddr| it.is_loopback());
        uri.scheme_str() == Some("http") && !here
    }
}

fn profile(name: &str, file: Option<&Path>) -> Result<Profile, Failure> {
    let mut known = Configuration::read(file)?;
    known.take(name).ok_or_else(|| {
        let file = file.map_or_else(|| "config.toml".to_owned(), |it| it.display().to_string());
        let names = match known.names().join(", ") {
            none if none.is_empty() => "none".to_owned(),
            names => names,
        };
        Failure::Usage(format!("there is no profile {name:?} in {file}; it has: {names}"))
    })
}

#[cfg(test)]
mod tests;
