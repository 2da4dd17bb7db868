//! Who serves a zone, as the NS and SOA sets of its apex say. Pure.
//!
//! They belong to every zone and carry no mark of ours, so only the apex of a zone of ours is written. A change keeps the
//! serial and the timers of the SOA record, so that secondary name servers see the serial grow.

use std::collections::BTreeSet;

use model::authority::Authority;
use serde::{Deserialize, Serialize};

use crate::zone::{Change, ChangeAction, SeenSet};

/// Seconds that resolvers may keep the NS and SOA sets.
pub const APEX_TTL: u32 = 3600;
/// Serial, refresh, retry, expire and negative time to live of a new SOA record, in seconds but for the serial, which
/// the provider counts. They are the defaults of PowerDNS.
const NEW_TIMERS: &str = "0 10800 3600 604800 3600";

/// Who serves a zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Apex {
    /// The name servers, in lower case without their final dot.
    pub ns_names: BTreeSet<String>,
    /// The primary name server, in the same form.
    pub primary: String,
    /// The mail address of the person responsible as a domain name, with its final dot.
    pub contact: String,
}

impl From<&Authority> for Apex {
    fn from(authority: &Authority) -> Self {
        Self {
            ns_names: authority.ns_names.iter().map(ToString::to_string).collect(),
            primary: authority.ns_names.first().map(ToString::to_string).unwrap_or_default(),
            contact: authority.hostmaster.as_name(),
        }
    }
}

impl Apex {
    /// The apex of `zone` among its sets; `None` if it has no readable SOA record.
    pub fn of(zone: &str, seen: &[SeenSet]) -> Option<Self> {
        let ns = set(zone, "NS", seen).map(|set| &*set.records).unwrap_or_default();
        let (primary, contact, _) = soa(zone, seen)?;
        Some(Self {
            ns_names: ns.iter().map(|record| host(&record.content)).collect(),
            primary: host(primary),
            contact: contact.to_ascii_lowercase(),
        })
    }

    /// The changes after which the apex of `zone` is this one.
    pub(crate) fn changes(&self, zone: &str, seen: &[SeenSet]) -> Vec<Change> {
        let present = Self::of(zone, seen);
        let replace = |kind: &str, contents: Vec<String>| Change {
            name: zone.to_owned(),
            kind: kind.to_owned(),
            action: ChangeAction::Replace { ttl: APEX_TTL, contents, notes: None },
        };
        let mut changes = Vec::new();
        if present.as_ref().is_none_or(|it| it.ns_names != self.ns_names) {
            changes.push(replace("NS", self.ns_contents()));
        }
        let same_soa = |it: &Self| (&it.primary, &it.contact) == (&self.primary, &self.contact);
        if !present.as_ref().is_some_and(same_soa) {
            let timers = soa(zone, seen).map_or(NEW_TIMERS, |(_, _, timers)| timers);
            changes.push(replace("SOA", vec![self.soa_content(timers)]));
        }
        changes
    }

    /// The contents of the NS set.
    pub(crate) fn ns_contents(&self) -> Vec<String> {
        self.ns_names.iter().map(|name| format!("{name}.")).collect()
    }

    /// The content of the SOA set of a new zone.
    pub(crate) fn new_soa_content(&self) -> String {
        self.soa_content(NEW_TIMERS)
    }

    fn soa_content(&self, timers: &str) -> String {
        format!("{}. {} {timers}", self.primary, self.contact)
    }
}

fn set<'a>(zone: &str, kind: &str, seen: &'a [SeenSet]) -> Option<&'a SeenSet> {
    seen.iter().find(|set| set.kind == kind && set.name.eq_ignore_ascii_case(zone))
}

/// The primary name server, the contact, and the rest of the SOA record (RFC 1035 section 3.3.13).
fn soa<'a>(zone: &str, seen: &'a [SeenSet]) -> Option<(&'a str, &'a str, &'a str)> {
    let content = set(zone, "SOA", seen)?.records.first()?.content.trim();
    let (primary, rest) = content.split_once(' ')?;
    let (contact, timers) = rest.trim_start().split_once(' ')?;
    Some((primary, contact, timers.trim_start()))
}

fn host(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::zone::SeenRecord;

    fn seen(kind: &str, contents: &[&str]) -> SeenSet {
        let record = |it: &&str| SeenRecord { content: (*it).to_owned(), disabled: false };
        SeenSet {
            name: "shop.ro".to_owned(),
            kind: kind.to_owned(),
            ttl: 3600,
            records: contents.iter().map(record).collect(),
            notes: Vec::new(),
        }
    }

    fn apex() -> Apex {
        Apex {
            ns_names: ["ns1.company.ro", "ns2.company.ro"].map(str::to_owned).into(),
            primary: "ns1.company.ro".to_owned(),
            contact: "hostmaster.company.ro.".to_owned(),
        }
    }

    /// The contents that the changes write, by type.
    fn written(sets: &[SeenSet]) -> Vec<(String, Vec<String>)> {
        let changes = apex().changes("shop.ro", sets).into_iter();
        changes
            .map(|change| match change.action {
                ChangeAction::Replace { contents, .. } => (change.kind, contents),
                ChangeAction::Delete => panic!("an apex is never deleted"),
            })
            .collect()
    }

    #[test]
    fn an_apex_as_wanted_is_left_alone_in_any_spelling() {
        let sets = [
            seen("NS", &["NS2.company.ro.", "ns1.company.ro."]),
            seen(
                "SOA",
                &["ns1.Company.ro. Hostmaster.company.ro. 2026112803 10800 3600 604800 60"],
            ),
        ];
        assert_eq!(written(&sets), []);
    }

    #[test]
    fn a_changed_soa_record_keeps_its_serial_and_timers() {
        let sets = [
            seen("NS", &["ns1.company.ro.", "ns2.company.ro."]),
            seen("SOA", &["ns1.shop.ro. hostmaster.shop.ro. 2026112803 7200 900 1209600 60"]),
        ];
        let soa = "ns1.company.ro. hostmaster.company.ro. 2026112803 7200 900 1209600 60";
        assert_eq!(written(&sets), [("SOA".to_owned(), vec![soa.to_owned()])]);
    }

    #[test]
    fn a_zone_without_name_servers_gets_them() {
        let sets =
            [seen("SOA", &["ns1.company.ro. hostmaster.company.ro. 1 10800 3600 604800 3600"])];
        let names = ["ns1.company.ro.", "ns2.company.ro."].map(str::to_owned).to_vec();
        assert_eq!(written(&sets), [("NS".to_owned(), names)]);
    }

    proptest! {
        #[test]
        fn never_panics_on_any_content(ns: String, soa: String) {
            let sets = [seen("NS", &[&ns]), seen("SOA", &[&soa])];
            let changes = apex().changes("shop.ro", &sets);
            prop_assert!(!changes.is_empty());
        }
    }
}
