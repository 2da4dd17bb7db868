//! The mutations under way at one moment, so that overlaps are seen.

use std::collections::BTreeMap;

/// Mutations that have begun and not ended.
#[derive(Debug, Default)]
pub(super) struct Mutations {
    /// Whether each of them has been damaged by an overlap.
    under_way: BTreeMap<u64, bool>,
    last: u64,
    most: usize,
}

impl Mutations {
    /// A mutation begins; the number names it until it ends.
    pub(super) fn enter(&mut self) -> u64 {
        self.last += 1;
        self.under_way.insert(self.last, false);
        self.most = self.most.max(self.under_way.len());
        self.last
    }

    /// How many are under way.
    pub(super) fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// The most that were ever under way at once.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Damages all that are under way.
    pub(super) fn mark_all(&mut self) {
        self.under_way.values_mut().for_each(|damaged| *damaged = true);
    }

    /// A mutation ends: whether it was damaged.
    pub(super) fn leave(&mut self, number: u64) -> bool {
        self.under_way.remove(&number).unwrap_or(false)
    }
}
