//! Changes how PHP is run for a website of a virtual server that is ours, and its settings.

use std::{collections::BTreeMap, sync::Arc};

use contracts::gateway::v1;
use model::{
    fault::{Fault, FaultKind},
    fence,
    quota::Limit,
};

use super::look::{Website, website};
use crate::{
    panel::{
        domains::Domain,
        faults::Error,
        php::Run,
        programs,
        request::{Refusal, Request},
    },
    servers::Server,
    service::{
        Asked, Call, Gateway,
        proof::{Change, prove},
        requests,
    },
};

/// What is to be changed; what is absent stays.
#[derive(Debug, Default)]
struct Wanted {
    mode: String,
    version: String,
    max_execution_seconds: Option<u64>,
    settings: BTreeMap<String, String>,
}

impl Wanted {
    /// The call of `modify-web`, if it is needed.
    fn run(&self, domain: &str) -> Result<Option<Request>, Refusal> {
        let mut request = Request::on(&programs::php::MODIFY_WEB, domain)?;
        for (flag, field, value) in
            [("mode", "mode", &self.mode), ("php-version", "version", &self.version)]
        {
            if !value.is_empty() {
                request = request.value(flag, value).map_err(|refusal| refusal.of(field))?;
            }
        }
        request = match self.max_execution_seconds {
            None => request,
            Some(0) => request.switch("no-php-timeout")?,
            Some(seconds) => request.value("php-timeout", &seconds.to_string())?,
        };
        let any = !self.mode.is_empty()
            || !self.version.is_empty()
            || self.max_execution_seconds.is_some();
        Ok(any.then_some(request))
    }

    /// The call of `modify-php-ini`, if it is needed.
    fn changed_settings(&self, domain: &str) -> Result<Option<Request>, Refusal> {
        let request = Request::on(&programs::php::MODIFY_SETTINGS, domain)?;
        let request = self.settings.iter().try_fold(request, |request, (name, value)| {
            let field = format!("settings[{name}]");
            let request = request.value("ini-name", name).map_err(|it| it.of(&field))?;
            request.value("ini-value", value).map_err(|it| it.of(&field))
        })?;
        Ok((!self.settings.is_empty()).then_some(request))
    }

    /// Whether PHP is run so.
    fn is_run(&self, run: &Run) -> bool {
        let same = |wanted: &str, has: &str| wanted.is_empty() || wanted == has;
        let seconds = self.max_execution_seconds.map(|seconds| match seconds {
            0 => Limit::Unlimited,
            seconds => Limit::AtMost(seconds),
        });
        same(&self.mode, &run.mode)
            && same(&self.version, &run.version)
            && seconds.is_none_or(|it| run.max_execution_seconds.is_none_or(|has| has == it))
    }

    /// Whether the website has the settings.
    fn is_set(&self, website: &Website) -> bool {
        self.settings.iter().all(|(name, value)| website.settings.0.get(name) == Some(value))
    }
}

/// Serves `SetPhp`.
///
/// # Errors
/// `Invalid` with the field; `Refused` for a virtual server without a website, and for settings without PHP; faults of the
/// panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::SetPhpRequest>,
) -> Result<Website, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let v1::SetPhpRequest {
        server_id, fence, mode, version, max_execution_seconds, settings, ..
    } = message;
    if max_execution_seconds.is_some_and(|it| it > 86_400) {
        let why = "is longer than a day; give at most 86400, or 0 for no limit";
        return Err(Fault::invalid("max_execution_seconds", why));
    }
    let settings = settings.into_iter().collect();
    let wanted = Wanted { mode, version, max_execution_seconds, settings };
    let domain = target.domain.as_str();
    let run = wanted.run(domain).map_err(Error::from)?;
    let settings = wanted.changed_settings(domain).map_err(Error::from)?;
    let asked = Asked { server: &server_id, fence, change: fence::Change::Website, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        if let Some(request) = run {
            let otherwise = "PHP is run in another way; without PHP there is no version to set";
            let change = Change { request, there_already: None, otherwise };
            let look = async || {
                let found = website(panel, domain, deadline).await?;
                Ok(found.filter(|it| wanted.is_run(&it.run)))
            };
            prove(panel, change, deadline, look).await?;
        }
        if let Some(request) = settings {
            let otherwise = "the settings are others; they need a website with PHP";
            let change = Change { request, there_already: None, otherwise };
            let look = async || {
                let found = website(panel, domain, deadline).await?;
                Ok(found.filter(|it| wanted.is_set(it)))
            };
            prove(panel, change, deadline, look).await?;
        }
        website(panel, domain, deadline).await?.ok_or_else(|| {
            let message = format!("{domain} has no website: switch the feature web on first");
            Fault::new(FaultKind::Refused, message)
        })
    };
    gateway.change_ours(asked, deadline, work).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_given_is_sent() {
        let nothing = Wanted::default();
        assert!(nothing.run("a.test").unwrap().is_none());
        assert!(nothing.changed_settings("a.test").unwrap().is_none());
        let wanted = Wanted {
            mode: "fpm".to_owned(),
            max_execution_seconds: Some(0),
            settings: BTreeMap::from([("memory_limit".to_owned(), "256M".to_owned())]),
            ..Wanted::default()
        };
        let form = |request: Option<Request>| request.unwrap().form();
        let sent = "program=modify-web&json=1&domain=a.test&mode=fpm&no-php-timeout=";
        assert_eq!(form(wanted.run("a.test").unwrap()), sent);
        let sent =
            "program=modify-php-ini&json=1&domain=a.test&ini-name=memory_limit&ini-value=256M";
        assert_eq!(form(wanted.changed_settings("a.test").unwrap()), sent);
    }

    #[test]
    fn a_setting_that_could_run_code_is_refused() {
        for (name, value) in [
            ("auto_prepend_file", "/tmp/x"),
            ("disable_functions", "none"),
            ("extension", "x"),
            ("memory_limit", "1M; extension=x"),
            ("memory_limit", "1M\nextension=x"),
        ] {
            let settings = BTreeMap::from([(name.to_owned(), value.to_owned())]);
            let wanted = Wanted { settings, ..Wanted::default() };
            let refusal = wanted.changed_settings("a.test").unwrap_err();
            assert_eq!(refusal.flag, format!("settings[{name}]"));
        }
    }
}
