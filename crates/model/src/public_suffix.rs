//! Public suffixes: names such as `co.uk`, below which a registry or a host gives names to others.
//!
//! Who hosted such a name would stand above the domains of strangers, so no customer may have one.

use std::collections::BTreeSet;

use psl::{List, Psl};

use crate::domain::DomainName;

/// The names that count as public suffixes: those of <https://publicsuffix.org/list/> with the installation's own
/// exceptions.
///
/// The list is part of the program. Its private section counts too, so `github.io` is a suffix. Only whole names
/// count: `example.co.uk` lies below a suffix and is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicSuffixes {
    allowed: BTreeSet<DomainName>,
    refused: BTreeSet<DomainName>,
}

/// A name is a public suffix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is a public suffix; give a name below it, such as example.{0}")]
pub struct PublicSuffix(pub DomainName);

impl PublicSuffixes {
    /// The list without the `allowed` names and with the `refused` ones, which win.
    pub fn new(allowed: BTreeSet<DomainName>, refused: BTreeSet<DomainName>) -> Self {
        Self { allowed, refused }
    }

    /// Checks that a customer may have the domain.
    ///
    /// # Errors
    ///
    /// [`PublicSuffix`], whose text tells what to give instead.
    pub fn check(&self, domain: &DomainName) -> Result<(), PublicSuffix> {
        let suffix =
            self.refused.contains(domain) || (is_listed(domain) && !self.allowed.contains(domain));
        if suffix { Err(PublicSuffix(domain.clone())) } else { Ok(()) }
    }

    /// The name that was registered: one label more than the public suffix; the whole name if it is itself one, or lies
    /// below none. Of two names of which one lies below the other, both have the same, unless the upper one is a suffix.
    pub fn registered<'a>(&self, domain: &'a DomainName) -> &'a str {
        let listed = List.domain(domain.as_str().as_bytes());
        let listed = listed.and_then(|it| std::str::from_utf8(it.as_bytes()).ok());
        listed
            .and_then(|it| domain.with_parents().find(|name| *name == it))
            .unwrap_or(domain.as_str())
    }
}

/// Whether the whole name is a suffix of the list.
fn is_listed(domain: &DomainName) -> bool {
    let name = domain.as_str().as_bytes();
    List.suffix(name).is_some_and(|suffix| suffix.is_known() && suffix.as_bytes() == name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn domain(text: &str) -> DomainName {
        text.parse().unwrap_or_else(|error| panic!("{text:?}: {error}"))
    }

    fn set(names: &[&str]) -> BTreeSet<DomainName> {
        names.iter().map(|name| domain(name)).collect()
    }

    fn is_refused(suffixes: &PublicSuffixes, name: &str) -> bool {
        suffixes.check(&domain(name)).is_err()
    }

    #[test]
    fn suffixes_of_registries_and_of_hosts_are_refused() {
        let suffixes = PublicSuffixes::default();
        for name in ["com.ro", "co.uk", "github.io", "CO.UK.", "公司.cn"] {
            assert!(is_refused(&suffixes, name), "{name}");
        }
        // `*.kawasaki.jp` but not `city.kawasaki.jp`; `*.ck` but not `www.ck`.
        assert!(is_refused(&suffixes, "foo.kawasaki.jp") && is_refused(&suffixes, "foo.ck"));
        assert!(!is_refused(&suffixes, "city.kawasaki.jp"));
    }

    #[test]
    fn names_below_a_suffix_are_not_refused() {
        let suffixes = PublicSuffixes::default();
        for name in
            ["example.com.ro", "example.co.uk", "example.github.io", "primărie.ro", "alpha.test"]
        {
            assert!(!is_refused(&suffixes, name), "{name}");
        }
    }

    #[test]
    fn the_refusal_names_the_part_that_can_be_had() {
        let refusal = PublicSuffixes::default().check(&domain("co.uk")).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "co.uk is a public suffix; give a name below it, such as example.co.uk"
        );
    }

    #[test]
    fn an_installation_has_exceptions_in_both_directions() {
        let suffixes =
            PublicSuffixes::new(set(&["github.io", "gov.ro"]), set(&["gov.ro", "hotel.example"]));
        assert!(!is_refused(&suffixes, "github.io") && is_refused(&suffixes, "gitlab.io"));
        assert!(is_refused(&suffixes, "gov.ro") && !is_refused(&suffixes, "example.gov.ro"));
        assert!(is_refused(&suffixes, "hotel.example"));
        assert!(!is_refused(&PublicSuffixes::default(), "gov.ro"), "the list has no gov.ro");
    }

    #[test]
    fn names_of_one_registration_share_it() {
        let suffixes = PublicSuffixes::default();
        for (name, registered) in [
            ("acme.ro", "acme.ro"),
            ("shop.acme.ro", "acme.ro"),
            ("a.b.example.co.uk", "example.co.uk"),
            ("co.uk", "co.uk"),
            ("a.site.example", "site.example"),
        ] {
            assert_eq!(suffixes.registered(&domain(name)), registered, "{name}");
        }
    }

    proptest! {
        #[test]
        fn a_name_below_a_refused_one_can_be_had_unless_it_is_listed_itself(
            label in "[a-z]{12,20}",
            suffix in "(com\\.ro|co\\.uk|github\\.io|gov\\.ro|example\\.test)",
        ) {
            let suffixes = PublicSuffixes::new(set(&[]), set(&[&suffix]));
            prop_assert!(is_refused(&suffixes, &suffix));
            let below = format!("{label}.{suffix}");
            prop_assert!(!is_refused(&suffixes, &below));
        }
    }
}
