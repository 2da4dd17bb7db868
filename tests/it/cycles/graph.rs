//! Files that need each other, found in the list of uses.

use std::collections::{BTreeMap, BTreeSet};

use super::uses::Uses;

/// The groups of files in which each file leads to each other.
pub(super) fn cycles(uses: &Uses) -> Vec<BTreeSet<String>> {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in uses.keys() {
        next.entry(from).or_default().push(to);
    }
    let reached: BTreeMap<_, _> = next.keys().map(|from| (*from, reached(&next, from))).collect();
    let group = |file: &str| -> BTreeSet<String> {
        let both =
            reached[file].iter().filter(|to| reached.get(*to).is_some_and(|it| it.contains(file)));
        both.map(|&it| it.to_owned()).collect()
    };
    let groups: BTreeSet<_> = reached.keys().map(|file| group(file)).collect();
    groups.into_iter().filter(|it| !it.is_empty()).collect()
}

/// All files to which a file leads, over one use or more.
fn reached<'a>(next: &BTreeMap<&'a str, Vec<&'a str>>, from: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(file) = open.pop() {
        for to in next.get(file).into_iter().flatten() {
            if reached.insert(*to) {
                open.push(to);
            }
        }
    }
    reached
}
