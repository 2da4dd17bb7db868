//! No two files of a crate need each other, but for those that are one subject.

mod graph;
mod modules;
mod tokens;
mod uses;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use graph::cycles;
use uses::{Uses, uses};

/// The cycles that stay: the crate, the files under its `src`, and why they are one subject.
///
/// Before you add one, look whether what both files need can be a file of its own.
const CYCLES: &[(&str, &[&str], &str)] = &[(
    "engine",
    &["context.rs", "step.rs"],
    "a step is given its context, and the context gives the results of earlier steps by their types",
)];

#[test]
fn files_use_each_other_only_where_a_reason_is_given() {
    let allowed: BTreeSet<_> =
        CYCLES.iter().map(|(name, members, _)| ((*name).to_owned(), files(members))).collect();
    let (mut found, mut faults) = (BTreeSet::new(), Vec::new());
    for (name, sources) in crates() {
        let uses = uses(&sources);
        for cycle in cycles(&uses) {
            let cycle = (name.clone(), cycle);
            if !allowed.contains(&cycle) {
                faults.push(format!("{name} has a new cycle of files:"));
                faults.extend(inside(&cycle.1, &uses));
            }
            found.insert(cycle);
        }
    }
    for (name, gone) in allowed.difference(&found) {
        faults.push(format!("{name} no longer has this cycle, so take it off the list: {gone:?}"));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// A line for each use between files of a cycle.
fn inside(cycle: &BTreeSet<String>, uses: &Uses) -> Vec<String> {
    let inside = uses.iter().filter(|((from, to), _)| cycle.contains(from) && cycle.contains(to));
    let line = |((from, to), names): (&(String, String), &BTreeSet<String>)| {
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        format!("  {from} uses {to}: {}", names.join(", "))
    };
    inside.map(line).collect()
}

#[test]
fn the_finder_sees_a_cycle_through_a_reexport_and_an_inline_path() {
    let edges = synthetic(&[
        ("lib.rs", "mod a; mod b; mod c; pub use a::Apple;"),
        ("a.rs", "use crate::b::{self, Basket as Holder}; pub struct Apple; fn f() { b::fill() }"),
        ("b.rs", "pub struct Basket; pub fn fill() { let apple = super::Apple; }"),
        (
            "c.rs",
            "use crate::{Apple, b::Basket}; // crate::c::d\n const TEXT: &str = \"crate::a\";",
        ),
    ]);
    assert_eq!(cycles(&edges), [files(&["a.rs", "b.rs"])]);
    let names: Vec<_> = edges[&("a.rs".to_owned(), "b.rs".to_owned())].iter().collect();
    assert_eq!(names, ["Basket", "fill"]);
}

#[test]
fn the_finder_sees_a_parent_that_needs_its_child_and_the_child_that_needs_the_parent() {
    let parent = "mod child; pub struct Shared; fn f() { child::work() }";
    let child = "use super::Shared; pub fn work() {}";
    let edges = synthetic(&[("main.rs", "mod a;"), ("a.rs", parent), ("a/child.rs", child)]);
    assert_eq!(cycles(&edges), [files(&["a.rs", "a/child.rs"])]);
}

#[test]
fn the_finder_takes_a_declaration_a_reexport_and_a_test_for_no_use() {
    let parent = "mod child; pub use child::work; pub struct Shared;";
    let child = "use super::Shared; pub fn work() {}
        #[cfg(test)] mod tests { use super::*; fn f() { crate::b::g() } }";
    let other = "use crate::a; pub fn g() { a::work() }";
    let edges = synthetic(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", parent),
        ("a/child.rs", child),
        ("b.rs", other),
    ]);
    assert_eq!(cycles(&edges), Vec::<BTreeSet<String>>::new());
    assert!(edges.contains_key(&("b.rs".to_owned(), "a/child.rs".to_owned())));
}

#[test]
fn the_finder_takes_no_path_from_a_comment_or_a_literal() {
    let literals = "/* crate::b /* */ crate::b::f() */ // crate::b::f()
        fn g<'a>(c: &'a str) { (\"\\\"crate::b::f()\", r#\"\"crate::b::f()\"#, '\"', '\\'', b'\"'); h::<'a>(\"crate::b::f()\") }";
    let edges = synthetic(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", literals),
        ("b.rs", "pub fn f() { crate::a::g(\"\") }"),
    ]);
    assert_eq!(edges.into_keys().collect::<Vec<_>>(), [("b.rs".to_owned(), "a.rs".to_owned())]);
}

fn synthetic(sources: &[(&str, &str)]) -> Uses {
    let sources = sources.iter().map(|(file, text)| (PathBuf::from(file), (*text).to_owned()));
    uses(&sources.collect())
}

fn files(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&it| it.to_owned()).collect()
}

/// Each of our crates with the files under its `src`.
fn crates() -> Vec<(String, BTreeMap<PathBuf, String>)> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let mut crates = Vec::new();
    for entry in fs::read_dir(home).expect("the crates") {
        let entry = entry.expect("a crate");
        let source = entry.path().join("src");
        let mut sources = BTreeMap::new();
        read(&source, &source, &mut sources);
        assert!(!sources.is_empty(), "{} has no files", source.display());
        crates.push((entry.file_name().into_string().expect("a crate's name"), sources));
    }
    crates.sort();
    crates
}

fn read(folder: &Path, source: &Path, sources: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read(&path, source, sources);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let name = path.strip_prefix(source).expect("below the source").to_owned();
            sources.insert(name, fs::read_to_string(&path).expect("text"));
        }
    }
}
