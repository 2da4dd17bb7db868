//! What `ModifyDomain` is to change, as calls of the panel, and whether it is so.

use contracts::gateway::v1::{Counts, Limits};
use model::{fault::Fault, quota::Limit};

use super::limits;
use crate::panel::{
    domains::Domain,
    faults::Error,
    programs,
    request::{Refusal, Request},
    settings::{self, Settings},
};

/// The settings to have; what is absent stays.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) limits: Option<Limits>,
    pub(super) counts: Option<Counts>,
    /// Empty: unchanged.
    pub(super) plan: String,
    /// Empty: unchanged.
    pub(super) email: String,
}

impl Wanted {
    /// The call of `modify-domain`, if it is needed.
    ///
    /// # Errors
    /// `Invalid`, with the field.
    pub(super) fn settings(&self, domain: &str) -> Result<Option<Request>, Fault> {
        let refused = |refusal: Refusal| Fault::from(Error::from(refusal));
        let mut request = Request::on(&programs::domains::MODIFY, domain).map_err(refused)?;
        if let Some(wanted) = &self.limits {
            for (field, count) in
                [("limits.mailboxes", wanted.mailboxes), ("limits.databases", wanted.databases)]
            {
                if count.is_some() {
                    return Err(Fault::invalid(
                        field,
                        "of a virtual server that is there is changed with `counts`",
                    ));
                }
            }
            let (quota, bandwidth) = (limits::quota(wanted)?, limits::bandwidth(wanted)?);
            request = request
                .value("quota", &quota)
                .and_then(|it| it.value("uquota", &quota))
                .and_then(|it| it.value("bw", &bandwidth))
                .map_err(refused)?;
        }
        for (flag, value) in [("plan", &self.plan), ("email", &self.email)] {
            if !value.is_empty() {
                request = request.value(flag, value).map_err(refused)?;
            }
        }
        let any = self.limits.is_some() || !self.plan.is_empty() || !self.email.is_empty();
        Ok(any.then_some(request))
    }

    /// The call of `modify-limits`, if it is needed.
    ///
    /// # Errors
    /// `Invalid`, with the field.
    pub(super) fn numbers(&self, domain: &str) -> Result<Option<Request>, Fault> {
        let Some(wanted) = &self.counts else { return Ok(None) };
        let request = Request::on(&programs::domains::LIMITS, domain);
        let flags = [
            ("max-mailboxes", wanted.mailboxes),
            ("max-dbs", wanted.databases),
            ("max-aliases", wanted.aliases),
            ("max-doms", wanted.sub_servers),
            ("max-aliasdoms", wanted.alias_servers),
        ];
        let number = |count: Option<u64>| match count {
            None => "UNLIMITED".to_owned(),
            Some(count) => count.to_string(),
        };
        let request =
            flags.into_iter().try_fold(request.map_err(Error::from)?, |it, (flag, count)| {
                it.value(flag, &number(count))
            });
        Ok(Some(request.map_err(Error::from)?))
    }

    /// Whether the virtual server has the settings of [`settings`](Self::settings).
    pub(super) fn has_settings(&self, seen: &Domain, settings: &Settings) -> bool {
        let limits = self.limits.as_ref().is_none_or(|wanted| {
            let disk = limit(wanted.disk_mib).mib_to_blocks();
            let bandwidth = limit(wanted.bandwidth_mib).mib_to_bytes();
            // A host that keeps none lists none.
            seen.server_quota.is_none_or(|it| Ok(it) == disk)
                && seen.user_quota.is_none_or(|it| Ok(it) == disk)
                && settings.bandwidth.is_none_or(|it| Ok(it) == bandwidth)
        });
        let same = |wanted: &str, has: &str| wanted.is_empty() || wanted == has;
        limits && same(&self.plan, &settings.plan) && same(&self.email, &settings.email)
    }

    /// Whether the virtual server has the numbers of [`numbers`](Self::numbers).
    pub(super) fn has_numbers(&self, settings: &Settings) -> bool {
        self.counts.as_ref().is_none_or(|wanted| {
            let wanted = settings::Counts {
                mailboxes: limit(wanted.mailboxes),
                databases: limit(wanted.databases),
                aliases: limit(wanted.aliases),
                sub_servers: limit(wanted.sub_servers),
                alias_servers: limit(wanted.alias_servers),
            };
            settings.counts == Some(wanted)
        })
    }
}

fn limit(number: Option<u64>) -> Limit {
    number.map_or(Limit::Unlimited, Limit::AtMost)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(request: Option<Request>) -> Option<String> {
        request.map(|it| it.form())
    }

    #[test]
    fn only_what_is_given_is_sent() {
        let nothing = Wanted::default();
        assert!(nothing.settings("a.test").unwrap().is_none());
        assert!(nothing.numbers("a.test").unwrap().is_none());
        let email = Wanted { email: "o@b.test".to_owned(), ..Wanted::default() };
        let sent = "program=modify-domain&json=1&domain=a.test&email=o%40b.test";
        assert_eq!(form(email.settings("a.test").unwrap()).as_deref(), Some(sent));
        let counts = Counts { mailboxes: Some(0), sub_servers: Some(5), ..Counts::default() };
        let wanted = Wanted { counts: Some(counts), ..Wanted::default() };
        let sent = "program=modify-limits&json=1&domain=a.test&max-mailboxes=0&max-dbs=UNLIMITED\
            &max-aliases=UNLIMITED&max-doms=5&max-aliasdoms=UNLIMITED";
        assert_eq!(form(wanted.numbers("a.test").unwrap()).as_deref(), Some(sent));
    }

    #[test]
    fn bad_values_are_named() {
        for (wanted, field) in [
            (Wanted { email: "|cmd".to_owned(), ..Wanted::default() }, "email"),
            (Wanted { plan: "a\nb".to_owned(), ..Wanted::default() }, "plan"),
            (
                Wanted {
                    limits: Some(Limits { databases: Some(1), ..Limits::default() }),
                    ..Wanted::default()
                },
                "limits.databases",
            ),
        ] {
            let fault = wanted.settings("a.test").unwrap_err();
            assert_eq!(fault.violations[0].field, field);
        }
    }
}
