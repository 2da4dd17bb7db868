//! What has to change in a zone so that it holds what we want, and nothing of others' is touched.
//!
//! A record set is ours when it carries our mark: a note that names our zone. What carries no such
//! mark belongs to someone else, even if it says the same. Where one of those stands in the way, the
//! plan names it as a conflict instead of replacing it.

use std::{collections::BTreeSet, fmt};

use model::{
    dns::{RecordSet, RecordType},
    ids::ZoneId,
};

use crate::{
    content::{self, Content},
    provider::AUTHOR,
    zone::{Change, ChangeAct, Note, SeenSet},
};

/// Whose record sets are to be planned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner(pub(crate) ZoneId);

/// What has to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Changes to our own record sets, to be sent at once.
    pub(crate) changes: Vec<Change>,
    /// Record sets of others that stand in the way of ours.
    pub(crate) conflicts: Vec<Conflict>,
}

/// A record set of someone else's where one of ours is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// Its owner name.
    pub(crate) name: String,
    /// Its type.
    pub(crate) kind: String,
    /// What it holds.
    pub(crate) contents: Vec<String>,
}

impl Owner {
    /// The mark that our record sets carry.
    pub(crate) fn mark(self) -> Note {
        Note { text: format!("praho zone {}", self.0), author: AUTHOR.to_owned() }
    }

    /// Whether a record set is ours: of a type that we write, and with our mark.
    pub(crate) fn owns(self, set: &SeenSet) -> bool {
        record_type(set).is_some() && set.notes.contains(&self.mark())
    }

    /// Our record sets among `seen`, as they would be wanted.
    pub(crate) fn owned(self, seen: &[SeenSet]) -> Vec<RecordSet> {
        seen.iter().filter(|it| self.owns(it)).filter_map(as_wanted).collect()
    }

    /// Whether a zone of ours holds anything that is neither ours nor part of every zone.
    pub(crate) fn shares(self, zone: &str, seen: &[SeenSet]) -> bool {
        seen.iter().any(|it| {
            let part_of_every_zone = ["SOA", "NS"].contains(&it.kind.as_str()) && it.name == zone;
            !part_of_every_zone && !self.owns(it)
        })
    }

    /// What has to change in `seen` so that our record sets there are `wanted` and no others.
    pub(crate) fn plan(self, wanted: &[RecordSet], seen: &[SeenSet]) -> Plan {
        let mut plan = Plan::default();
        for set in wanted {
            if let Some(alias) = seen.iter().find(|it| is(it, &set.name, "CNAME")) {
                plan.conflicts.push(Conflict::with(alias));
                continue;
            }
            let found = seen.iter().find(|it| is(it, &set.name, set.kind.as_str()));
            match found {
                Some(found) if says(found, set) => {}
                Some(found) if !self.owns(found) && !found.records.is_empty() => {
                    plan.conflicts.push(Conflict::with(found));
                }
                found => plan.changes.push(self.replace(set, found)),
            }
        }
        let unwanted = |found: &&SeenSet| {
            self.owns(found) && !wanted.iter().any(|it| is(found, &it.name, it.kind.as_str()))
        };
        plan.changes.extend(seen.iter().filter(unwanted).map(delete));
        plan
    }

    /// The set with our mark; notes of others stay.
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
            act: ChangeAct::Replace {
                ttl: set.ttl,
                contents: contents.into_iter().collect(),
                notes,
            },
        }
    }
}

fn delete(set: &SeenSet) -> Change {
    Change { name: set.name.clone(), kind: set.kind.clone(), act: ChangeAct::Delete }
}

/// Whether a set is the one of this name and type.
fn is(set: &SeenSet, name: &str, kind: &str) -> bool {
    set.kind == kind && set.name.eq_ignore_ascii_case(name)
}

/// Whether a set says what is wanted, in whichever spelling.
fn says(found: &SeenSet, wanted: &RecordSet) -> bool {
    let said: Result<BTreeSet<_>, _> =
        found.records.iter().map(|it| Content::parse(wanted.kind, &it.content)).collect();
    found.ttl == wanted.ttl
        && found.records.iter().all(|it| !it.disabled)
        && said.is_ok_and(|said| content::contents(wanted) == Ok(said))
}

fn record_type(set: &SeenSet) -> Option<RecordType> {
    RecordType::ALL.into_iter().find(|it| it.as_str() == set.kind)
}

/// A set as rows would have it; `None` if it serves nothing or is of a type that we do not write.
fn as_wanted(set: &SeenSet) -> Option<RecordSet> {
    let mut contents: Vec<_> =
        set.records.iter().filter(|it| !it.disabled).map(|it| it.content.clone()).collect();
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
            contents: set.records.iter().map(|it| it.content.clone()).collect(),
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
