//! The command line of `modify-dns`, and what it does to the records of a zone.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::checks::require;
use super::steps::Steps;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::dns_record::DnsRecord;
use crate::virtualmin::outcome::Failure;

/// A record as it is given: its type stays in the letters of the caller for a removal.
struct Given {
    name: String,
    kind: String,
    ttl: Option<String>,
    values: Vec<String>,
}

/// What a call changes.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) domains: Vec<String>,
    added: Vec<Given>,
    removed: Vec<Given>,
    updated: Vec<(Given, Given)>,
}

impl Changes {
    /// Reads the command line from left to right, up to the first error.
    pub(super) fn read(mut arguments: Arguments) -> Result<Self, Failure> {
        let mut changes = Self::default();
        while let Some(flag) = arguments.next() {
            match flag.as_str() {
                "--domain" => changes.domains.push(arguments.value()),
                "--add-record" => {
                    let given = given(&arguments.value(), false, true);
                    let wrong = "--add-record must be followed by the record name, type and values, all in one parameter";
                    changes.added.push(given.ok_or_else(|| Failure::Usage(wrong.to_owned()))?);
                }
                "--add-record-with-ttl" => {
                    let given = given(&arguments.value(), true, true);
                    let wrong = "--add-record-with-ttl must be followed by the record name, type, TTL and values, all in one parameter";
                    changes.added.push(given.ok_or_else(|| Failure::Usage(wrong.to_owned()))?);
                }
                "--remove-record" => {
                    let given = given(&arguments.value(), false, false);
                    let wrong = "--remove-record must be followed by the record name and type, all in one parameter";
                    changes.removed.push(given.ok_or_else(|| Failure::Usage(wrong.to_owned()))?);
                }
                "--update-record" => {
                    let (old, new) = (arguments.value(), arguments.value());
                    let wrong = |part| {
                        let text = format!(
                            "--update-record must be followed by the {part}, all in one parameter"
                        );
                        Failure::Usage(text)
                    };
                    let old = given(&old, false, false)
                        .ok_or_else(|| wrong("original record name and type"))?;
                    let new = given(&new, false, true)
                        .ok_or_else(|| wrong("new record name, type and values"))?;
                    changes.updated.push((old, new));
                }
                "--multiline" => {}
                other => return Arguments::refuse(other),
            }
        }
        require(!changes.domains.is_empty(), "No domains specified")?;
        let any =
            !changes.added.is_empty() || !changes.removed.is_empty() || !changes.updated.is_empty();
        require(any, "Nothing to do")?;
        Ok(changes)
    }

    /// Removes, then adds, then updates, and prints what became of each.
    pub(super) fn make(
        &self,
        domain: &str,
        zone: &mut Vec<DnsRecord>,
        steps: &mut Steps,
    ) -> Result<(), String> {
        if !self.removed.is_empty() {
            steps.line(&format!("Deleting {} DNS records ..", self.removed.len()));
            let before = zone.len();
            for gone in &self.removed {
                zone.retain(|it| !gone.is(domain, it));
            }
            let removed = zone.len() < before;
            steps.line(if removed { ".. done" } else { ".. no matching records found!" });
            steps.blank();
        }
        if !self.added.is_empty() {
            steps.line(&format!("Adding {} DNS records ..", self.added.len()));
            for new in &self.added {
                new.add_to(domain, zone, steps)?;
            }
            steps.line(".. done");
            steps.blank();
        }
        if !self.updated.is_empty() {
            // The program prints how many it adds.
            steps.line(&format!("Updating {} DNS records ..", self.added.len()));
            for (old, new) in &self.updated {
                let found = zone.iter_mut().find(|it| {
                    it.absolute(domain) == absolute(&old.name, domain) && it.kind == old.kind
                });
                match (found, below(&new.name, domain)) {
                    (Some(record), Some(name)) => {
                        let ttl = record.ttl.take();
                        *record = DnsRecord::written(&name, &new.kind, ttl, &new.values);
                    }
                    _ => {
                        let name = absolute(&old.name, domain);
                        steps.line(&format!(".. a record named {name} does not exist"));
                        steps.blank();
                    }
                }
            }
            steps.line(".. done");
            steps.blank();
        }
        Ok(())
    }
}

impl Given {
    /// Whether it names this record, by its value too if it has one.
    fn is(&self, domain: &str, record: &DnsRecord) -> bool {
        record.absolute(domain) == absolute(&self.name, domain)
            && record.kind.eq_ignore_ascii_case(&self.kind)
            && (self.values.is_empty() || self.values.join(" ") == record.line())
    }

    fn add_to(
        &self,
        domain: &str,
        zone: &mut Vec<DnsRecord>,
        steps: &mut Steps,
    ) -> Result<(), String> {
        let (kind, value) = (self.kind.to_uppercase(), self.values.join(" "));
        match kind.as_str() {
            // The program leaves the address out of its words.
            "A" if value.parse::<Ipv4Addr>().is_err() => {
                return Err("Invalid IPv4 address  in --add-record".to_owned());
            }
            "AAAA" if value.parse::<Ipv6Addr>().is_err() => {
                return Err("Invalid IPv6 address  in --add-record".to_owned());
            }
            _ => {}
        }
        let name = absolute(&self.name, domain);
        let Some(below) = below(&self.name, domain) else {
            steps.line(&format!(".. record {name} is not in this domain"));
            steps.blank();
            return Ok(());
        };
        let new = DnsRecord::written(&below, &kind, self.ttl.clone(), &self.values);
        if zone.iter().any(|it| it.name == new.name && it.line() == new.line()) {
            steps.line(&format!(".. a record named {name} already exists"));
            steps.blank();
        } else {
            zone.push(new);
        }
        Ok(())
    }
}

/// The words of a record; `None` if one is missing.
fn given(text: &str, with_ttl: bool, with_values: bool) -> Option<Given> {
    let mut words = text.split_ascii_whitespace().map(str::to_owned);
    let (name, kind) = (words.next()?, words.next()?);
    let ttl = if with_ttl { Some(words.next()?) } else { None };
    let values: Vec<_> = words.collect();
    (!with_values || !values.is_empty()).then_some(Given { name, kind, ttl, values })
}

fn absolute(name: &str, domain: &str) -> String {
    if name.ends_with('.') { name.to_owned() } else { format!("{name}.{domain}.") }
}

/// The name below the domain; `None` for a name that is not in the domain.
fn below(name: &str, domain: &str) -> Option<String> {
    let name = absolute(name, domain);
    let name = name.strip_suffix('.')?.strip_suffix(domain)?;
    if name.is_empty() { Some(String::new()) } else { name.strip_suffix('.').map(str::to_owned) }
}
