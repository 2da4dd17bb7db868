//! Checks the name, type and values of records in requests.

use contracts::gateway::v1;
use model::{domain::DomainName, fault::Fault};

use super::{
    kind::{Kind, is_name},
    wish::{Set, Value},
};
use crate::service::{look::Target, requests};

/// The records of a request, by name and type.
///
/// # Errors
/// `Invalid`, with the field.
pub(super) fn set(domain: &DomainName, name: &str, kind: &str) -> Result<Set, Fault> {
    let inside = name == domain.as_str()
        || name.strip_suffix(domain.as_str()).is_some_and(|it| it.ends_with('.'));
    if !inside || !is_name(name) {
        let problem = format!(
            "is not {domain} or a name below it; give it in lower case, without a final dot"
        );
        return Err(Fault::invalid("name", problem));
    }
    let wrong = || Fault::invalid("type", "give A, AAAA, CNAME, MX, TXT, NS, SRV or CAA");
    let kind = Kind::named(kind).ok_or_else(wrong)?;
    if kind == Kind::Ns && name == domain.as_str() {
        let problem =
            "the name servers of the domain itself are the panel's own; change its template";
        return Err(Fault::invalid("type", problem));
    }
    Ok(Set { name: name.to_owned(), kind })
}

/// A value of a request; `field` is where it stands.
///
/// # Errors
/// `Invalid`, with the field.
pub(super) fn value(field: &str, kind: Kind, given: v1::DnsValue) -> Result<Value, Fault> {
    let v1::DnsValue { value, ttl_seconds } = given;
    check(&format!("{field}.value"), kind, &value)?;
    if ttl_seconds == Some(0) {
        let problem = "is 0; leave it out for that of the zone, or give a number above zero";
        return Err(Fault::invalid(format!("{field}.ttl_seconds"), problem));
    }
    Ok(Value { value, ttl_seconds })
}

/// Checks the text of a value.
///
/// # Errors
/// `Invalid`, with the field.
pub(super) fn check(field: &str, kind: Kind, value: &str) -> Result<(), Fault> {
    kind.refuses(value).map_or(Ok(()), |problem| Err(Fault::invalid(field, problem)))
}

/// The domain and the records of a request that changes them.
///
/// # Errors
/// `Invalid`, with the field.
pub(super) fn target(
    (domain, marker): (&str, &str),
    (name, kind): (&str, &str),
) -> Result<(Target, Set), Fault> {
    let target = requests::target(domain, marker)?;
    let set = set(&target.domain, name, kind)?;
    Ok((target, set))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_in_the_domain_and_its_own_name_servers_are_not_ours() {
        let domain: DomainName = "beta.test".parse().unwrap();
        for name in ["beta.test", "www.beta.test", "*.beta.test", "_dmarc.beta.test"] {
            assert!(set(&domain, name, "TXT").is_ok(), "{name}");
        }
        for name in [
            "",
            "www",
            "gamma.test",
            "notbeta.test",
            "beta.test.",
            "WWW.beta.test",
            "a b.beta.test",
        ] {
            let fault = set(&domain, name, "TXT").unwrap_err();
            assert_eq!(fault.violations[0].field, "name", "{name}");
        }
        for (name, kind) in [("beta.test", "NS"), ("beta.test", "SOA"), ("beta.test", "a")] {
            assert_eq!(set(&domain, name, kind).unwrap_err().violations[0].field, "type");
        }
        assert!(set(&domain, "sub.beta.test", "NS").is_ok());
    }
}
