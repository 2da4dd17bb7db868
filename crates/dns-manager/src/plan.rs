//! The changes that make a zone hold the wanted record sets and leave foreign ones untouched.
//!
//! A record set is ours when a note on it names our zone. A set without that mark is foreign, even if its content is the
//! wanted one. A foreign set in the place of a wanted one is a conflict: the plan names the set and does not replace it.

use std::{collections::BTreeSet, fmt};

use model::{
    dns::{RecordSet, RecordType},
    fault::{Fault, FaultKind},
    ids::ZoneId,
};

use crate::{
    content::{self, Content},
    provider::DnsProvider,
    zone::{AUTHOR, Change, ChangeAction, Note, SeenSet},
};

/// The zone whose mark tells our record sets from foreign ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner(pub(crate) ZoneId);

/// The changes of a zone, and the conflicts that prevent others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Changes of our own record sets, to be applied together.
    pub(crate) changes: Vec<Change>,
    /// Whether the secondary name servers of the zone are to be set.
    pub(crate) sets_secondaries: bool,
    /// Foreign record sets in the place of wanted ones.
    pub(crate) conflicts: Vec<Conflict>,
}

/// A foreign record set in the place of a wanted one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// The owner name of the foreign set.
    pub(crate) name: String,
    /// The mnemonic of the foreign set's type.
    pub(crate) kind: String,
    /// The contents of the foreign set.
    pub(crate) contents: Vec<String>,
}

/// The most conflicts that a message names.
const NAMED_CONFLICTS: usize = 5;

impl Plan {
    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty() && !self.sets_secondaries
    }

    /// Checks that there are no conflicts.
    ///
    /// # Errors
    ///
    /// `Conflict`, with the foreign record sets, if they occupy the place of ours.
    pub(crate) fn refuse_conflicts(&self, server: &str) -> Result<(), Fault> {
        let conflicts = &self.conflicts;
        if conflicts.is_empty() {
            return Ok(());
        }
        let mut named: Vec<_> =
            conflicts.iter().take(NAMED_CONFLICTS).map(ToString::to_string).collect();
        if conflicts.len() > NAMED_CONFLICTS {
            named.push(format!("{} more", conflicts.len() - NAMED_CONFLICTS));
        }
        Err(Fault::new(
            FaultKind::Conflict,
            format!(
                "DNS server {server} holds records that are not ours in the place of ours: {}. Remove them \
                 there, or serve the domain elsewhere; none was touched",
                named.join("; ")
            ),
        ))
    }
}

impl Plan {
    /// Makes the changes and tells the secondary name servers; `false` if there is no such zone. Conflicts are left as
    /// they are.
    pub(crate) async fn carry_out(
        &self,
        provider: &dyn DnsProvider,
        zone: &str,
    ) -> Result<bool, Fault> {
        if !self.changes.is_empty() && !provider.change(zone, &self.changes).await? {
            return Ok(false);
        }
        if self.sets_secondaries {
            provider.set_secondaries(zone).await?;
        }
        if !self.is_empty() {
            provider.notify(zone).await?;
        }
        Ok(true)
    }
}

impl Owner {
    /// The mark on our record sets.
    pub(crate) fn mark(self) -> Note {
        Note { text: format!("praho zone {}", self.0), author: AUTHOR.to_owned() }
    }

    /// Whether a record set is ours: it has a type that we write, and our mark.
    pub(crate) fn owns(self, set: &SeenSet) -> bool {
        record_type(set).is_some() && set.notes.contains(&self.mark())
    }

    /// Our record sets among `seen`, in the form of wanted ones.
    pub(crate) fn owned(self, seen: &[SeenSet]) -> Vec<RecordSet> {
        seen.iter().filter(|set| self.owns(set)).filter_map(to_record_set).collect()
    }

    /// Whether a zone holds a foreign record set, other than the SOA and NS sets of its apex.
    pub(crate) fn has_foreign_sets(self, zone: &str, seen: &[SeenSet]) -> bool {
        seen.iter().any(|set| {
            let belongs_to_every_zone =
                ["SOA", "NS"].contains(&set.kind.as_str()) && set.name == zone;
            !belongs_to_every_zone && !self.owns(set)
        })
    }

    /// The changes after which our record sets among `seen` are exactly `wanted`.
    pub(crate) fn plan(self, wanted: &[RecordSet], seen: &[SeenSet]) -> Plan {
        let mut plan = Plan::default();
        for set in wanted {
            if let Some(alias) = seen.iter().find(|found| is_at(found, &set.name, "CNAME")) {
                plan.conflicts.push(Conflict::with(alias));
                continue;
            }
            match seen.iter().find(|found| is_at(found, &set.name, set.kind.as_str())) {
                Some(found) if is_equal(found, set) => {}
                Some(found) if !self.owns(found) && !found.records.is_empty() => {
                    plan.conflicts.push(Conflict::with(found));
                }
                found => plan.changes.push(self.replace(set, found)),
            }
        }
        let is_unwanted = |found: &&SeenSet| {
            self.owns(found) && !wanted.iter().any(|set| is_at(found, &set.name, set.kind.as_str()))
        };
        plan.changes.extend(seen.iter().filter(is_unwanted).map(delete));
        plan
    }

    /// Writes `set` with our mark, and keeps foreign notes on the set that was found in its place.
    fn replace(self, set: &RecordSet, found: Option<&SeenSet>) -> Change {
        let notes = match found {
            Some(found) if self.owns(found) => None,
            Some(found) => Some([found.notes.clone(), vec![self.mark()]].concat()),
            None => Some(vec![self.mark()]),
        };
        let contents: BTreeSet<_> = set.contents.iter().cloned().collect();
        Change {
            name: set.name.to_ascii_lowercase(),
            kind: set.kind.as_str().to_owned(),
            action: ChangeAction::Replace {
                ttl: set.ttl,
                contents: contents.into_iter().collect(),
                notes,
            },
        }
    }
}

fn delete(set: &SeenSet) -> Change {
    Change { name: set.name.clone(), kind: set.kind.clone(), action: ChangeAction::Delete }
}

fn is_at(set: &SeenSet, name: &str, kind: &str) -> bool {
    set.kind == kind && set.name.eq_ignore_ascii_case(name)
}

/// Whether a set is served as wanted. Contents are compared by their meaning.
fn is_equal(found: &SeenSet, wanted: &RecordSet) -> bool {
    let contents: Result<BTreeSet<_>, _> =
        found.records.iter().map(|record| Content::parse(wanted.kind, &record.content)).collect();
    found.ttl == wanted.ttl
        && found.records.iter().all(|record| !record.disabled)
        && contents.is_ok_and(|contents| content::contents(wanted) == Ok(contents))
}

fn record_type(set: &SeenSet) -> Option<RecordType> {
    RecordType::ALL.into_iter().find(|kind| kind.as_str() == set.kind)
}

/// The wanted set that equals a seen one; `None` if no record is served or if we do not write the type.
fn to_record_set(set: &SeenSet) -> Option<RecordSet> {
    let served = set.records.iter().filter(|record| !record.disabled);
    let mut contents: Vec<_> = served.map(|record| record.content.clone()).collect();
    contents.sort_unstable();
    let name = set.name.clone();
    let kind = record_type(set)?;
    (!contents.is_empty()).then_some(RecordSet { name, kind, ttl: set.ttl, contents })
}

impl Conflict {
    fn with(set: &SeenSet) -> Self {
        Self {
            name: set.name.clone(),
            kind: set.kind.clone(),
            contents: set.records.iter().map(|record| record.content.clone()).collect(),
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.name, self.kind, self.contents.join(", "))
    }
}

#[cfg(test)]
mod tests;
