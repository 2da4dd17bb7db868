//! Checks the fields of requests before anything is touched.

use std::{collections::BTreeSet, str::FromStr};

use contracts::gateway::v1;
use model::{domain::DomainName, fault::Fault, ids::ServerId, plan::Feature};

use super::look::Target;
use crate::mutations::Fence;

/// Most characters of a reason that the panel shows.
const MAX_REASON: usize = 200;
/// Most octets of a mark.
const MAX_MARKER: usize = 200;

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

/// The claim of the job behind a change. A request without one changes nothing.
///
/// # Errors
/// `Invalid`.
pub(super) fn fence(fence: Option<v1::Fence>) -> Result<Fence, Fault> {
    let fence = fence.ok_or_else(|| {
        Fault::invalid("fence", "is missing: a change needs the job that asks for it")
    })?;
    Ok(Fence { job: parse("fence.job_id", &fence.job_id)?, epoch: fence.epoch })
}

/// The virtual server of a request, which must be ours.
///
/// # Errors
/// `Invalid`.
pub(super) fn target(domain: &str, marker: &str) -> Result<Target, Fault> {
    let domain: DomainName = parse("domain", domain)?;
    Ok(Target { domain: domain.as_str().to_owned(), marker: Some(self::marker(marker)?) })
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
    let domain: DomainName = parse("domain", domain)?;
    Ok(Target { domain: domain.as_str().to_owned(), marker: None })
}

/// Our mark. An empty mark would make every virtual server without a description ours.
///
/// # Errors
/// `Invalid`.
pub(super) fn marker(marker: &str) -> Result<String, Fault> {
    let fits = !marker.trim().is_empty()
        && marker.trim() == marker
        && marker.len() <= MAX_MARKER
        && !marker.starts_with("--")
        && !marker.contains(|c: char| c == ':' || c.is_control());
    if fits {
        Ok(marker.to_owned())
    } else {
        let rule = "give 1 to 200 octets without a colon or control characters";
        Err(Fault::invalid("marker", rule))
    }
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
    use crate::panel::{program::Program, request::Request};

    #[test]
    fn a_change_without_a_job_is_refused() {
        assert_eq!(fence(None).unwrap_err().violations[0].field, "fence");
        let odd = v1::Fence { job_id: "x".to_owned(), epoch: 1 };
        assert_eq!(fence(Some(odd)).unwrap_err().violations[0].field, "fence.job_id");
    }

    #[test]
    fn an_empty_mark_would_make_any_virtual_server_ours() {
        for text in ["", " ", "a:b", "a\nb", "--x", " a"] {
            assert!(marker(text).is_err(), "{text:?}");
        }
        assert!(marker("praho account 0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f").is_ok());
    }

    #[test]
    fn a_name_is_normalised() {
        assert_eq!(target("EXAMPLE.com.", "m").unwrap().domain, "example.com");
        assert!(target("a..b", "m").is_err());
        assert!(target("127.0.0.1", "m").is_err());
    }

    #[test]
    fn an_unclaimed_virtual_server_is_named_as_such_and_has_no_mark() {
        assert_eq!(switched("a.test", "", true).unwrap().marker, None);
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
                let request = Request::on(Program::DisableDomain, "a.example").unwrap();
                prop_assert!(request.value("why", &reason).is_ok(), "{:?}", reason);
            }
        }
    }
}
