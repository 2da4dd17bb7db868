//! Checks the fields of requests before anything is touched.

use std::{collections::BTreeSet, str::FromStr};

use contracts::gateway::v1;
use model::{
    account::Account,
    fault::Fault,
    fence::{Asked, Change, Object},
    ids::{AccountId, ServerId},
    plan::Feature,
};
use store::claims::Hold;

use super::look::Target;
use crate::fence::Fence;

/// Most characters of a reason that the panel shows.
const MAX_REASON: usize = 200;

/// Parses the text of `field`.
///
/// # Errors
/// `Invalid`, with the field.
pub(super) fn parse<T: FromStr>(field: &str, text: &str) -> Result<T, Fault>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error| Fault::invalid(field, error))
}

/// The id of the server in a request.
///
/// # Errors
/// `Invalid`.
pub(super) fn server(text: &str) -> Result<ServerId, Fault> {
    parse("server_id", text)
}

/// A change with the claim of the job behind it. A request without one changes nothing.
///
/// # Errors
/// `Invalid`.
pub(super) fn fence(
    server: &str,
    fence: Option<v1::Fence>,
    change: Change,
    object: Object,
) -> Result<Fence, Fault> {
    let server = self::server(server)?;
    let fence = fence.ok_or_else(|| {
        Fault::invalid("fence", "is missing: a change needs the job that asks for it")
    })?;
    let hold = Hold { job: parse("fence.job_id", &fence.job_id)?, epoch: fence.epoch };
    Ok(Fence { hold, asked: Asked { change, server, object } })
}

/// The virtual server of a request, which must be ours.
///
/// # Errors
/// `Invalid`.
pub(super) fn target(domain: &str, marker: &str) -> Result<Target, Fault> {
    Ok(Target { domain: parse("domain", domain)?, account: Some(account(marker)?) })
}

/// The virtual server to switch: ours, or with `unclaimed` one that no account claims.
///
/// # Errors
/// `Invalid`.
pub(super) fn switched(domain: &str, marker: &str, unclaimed: bool) -> Result<Target, Fault> {
    if !unclaimed {
        return target(domain, marker);
    }
    if !marker.is_empty() {
        return Err(Fault::invalid(
            "marker",
            "leave it empty for a virtual server that no account claims",
        ));
    }
    Ok(Target { domain: parse("domain", domain)?, account: None })
}

/// The account that our mark names.
///
/// # Errors
/// `Invalid`.
pub(super) fn account(marker: &str) -> Result<AccountId, Fault> {
    Account::marked_by(marker)
        .ok_or_else(|| Fault::invalid("marker", "is no mark of an account; give the account's own"))
}

/// The account of a request that names it beside our mark.
///
/// # Errors
/// `Invalid` if they name two.
pub(super) fn same_account(id: &str, marker: &str) -> Result<AccountId, Fault> {
    let (account, marked) = (parse::<AccountId>("account_id", id)?, self::account(marker)?);
    if account == marked {
        return Ok(account);
    }
    Err(Fault::invalid("account_id", "is not the account that the marker names; give the same"))
}

/// The features of a request.
///
/// # Errors
/// `Invalid`.
pub(super) fn features(names: &[String]) -> Result<BTreeSet<Feature>, Fault> {
    let known = |name: &String| Feature::ALL.into_iter().find(|it| it.as_str() == name);
    names
        .iter()
        .map(|name| {
            known(name).ok_or_else(|| {
                Fault::invalid(
                    "features",
                    "give web, ssl, dns, mail or mysql; the rest is always there",
                )
            })
        })
        .collect()
}

/// A reason as one line for the panel: line breaks in a person's text must not make a suspension fail.
pub(super) fn reason(text: &str) -> String {
    let line = text.split(|c: char| c.is_whitespace() || c.is_control());
    let line = line.filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ");
    line.trim_start_matches('-').chars().take(MAX_REASON).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::panel::{programs, request::Request};

    #[test]
    fn a_change_without_a_job_is_refused() {
        let server = ServerId::generate().to_string();
        let field = |server: &str, given| {
            let fault = fence(server, given, Change::CheckConfig, Object::Host).unwrap_err();
            fault.violations[0].field.clone()
        };
        assert_eq!(field(&server, None), "fence");
        let odd = v1::Fence { job_id: "x".to_owned(), epoch: 1 };
        assert_eq!(field(&server, Some(odd.clone())), "fence.job_id");
        assert_eq!(field("vm1", Some(odd)), "server_id");
    }

    #[test]
    fn only_the_mark_of_an_account_makes_a_virtual_server_ours() {
        for text in ["", " ", "shop", "praho account ", "praho account x"] {
            assert_eq!(account(text).unwrap_err().violations[0].field, "marker", "{text:?}");
        }
        let id = AccountId::generate();
        assert_eq!(account(&Account::marker(id)), Ok(id));
        assert_eq!(same_account(&id.to_string(), &Account::marker(id)), Ok(id));
        let two = same_account(&AccountId::generate().to_string(), &Account::marker(id));
        assert_eq!(two.unwrap_err().violations[0].field, "account_id");
    }

    #[test]
    fn a_name_is_normalised() {
        let marker = Account::marker(AccountId::generate());
        assert_eq!(target("EXAMPLE.com.", &marker).unwrap().domain.as_str(), "example.com");
        assert!(target("a..b", &marker).is_err());
        assert!(target("127.0.0.1", &marker).is_err());
    }

    #[test]
    fn an_unclaimed_virtual_server_is_named_as_such_and_has_no_mark() {
        assert_eq!(switched("a.test", "", true).unwrap().account, None);
        assert_eq!(switched("a.test", "m", true).unwrap_err().violations[0].field, "marker");
        assert!(switched("a.test", "", false).is_err());
    }

    #[test]
    fn only_the_features_of_plans_can_be_asked_for() {
        assert_eq!(features(&["web".to_owned(), "web".to_owned()]).unwrap().len(), 1);
        for name in ["unix", "webmin", "WEB", "post-command", ""] {
            assert!(features(&[name.to_owned()]).is_err(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_reason_of_a_person_can_be_sent(text in "(\\PC|\n|\r|\t)*") {
            let reason = reason(&text);
            if !reason.is_empty() {
                let request = Request::on(&programs::domains::DISABLE, "a.example").unwrap();
                prop_assert!(request.value("why", &reason).is_ok(), "{:?}", reason);
            }
        }
    }
}
