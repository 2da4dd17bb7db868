//! The mutations that run at one moment, so that overlaps can be detected.

use std::collections::BTreeMap;

/// Mutations that have begun and not ended.
#[derive(Debug, Default)]
pub(super) struct Mutations {
    /// For each mutation, whether an overlap has damaged it.
    under_way: BTreeMap<u64, bool>,
    last: u64,
    most: usize,
}

impl Mutations {
    /// Registers the start of a mutation and returns its number.
    pub(super) fn enter(&mut self) -> u64 {
        self.last += 1;
        self.under_way.insert(self.last, false);
        self.most = self.most.max(self.under_way.len());
        self.last
    }

    /// The number of mutations under way.
    pub(super) fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// The largest number of mutations that were ever under way at once.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Marks all mutations under way as damaged.
    pub(super) fn mark_all(&mut self) {
        self.under_way.values_mut().for_each(|damaged| *damaged = true);
    }

    /// Removes a mutation that ends; returns whether it was damaged.
    pub(super) fn leave(&mut self, number: u64) -> bool {
        self.under_way.remove(&number).unwrap_or(false)
    }
}
