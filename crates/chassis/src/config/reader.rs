//! Reads a whole configuration and finds every fault, although serde stops at the first.
//!
//! What is wrong is noted, then taken out or replaced by a stand-in, and the reading starts again.
//! A configuration with stand-ins in it is only validated for further faults, never used.

use std::collections::{HashMap, HashSet};

use config::{Value, ValueKind};
use serde::de::DeserializeOwned;

use super::{
    Fault, Faults,
    node::{Kind, Node, Path, Wrong},
};

/// Reads `tree`; a result that comes with faults is good for validation alone.
pub(super) fn read<C: DeserializeOwned>(mut tree: Value, faults: &mut Faults) -> Option<C> {
    let mut attempts: HashMap<Path, usize> = HashMap::new();
    let mut missing: HashSet<Path> = HashSet::new();
    loop {
        let Wrong { path, kind } = match C::deserialize(Node::root(tree.clone())) {
            Ok(config) => return Some(config),
            Err(wrong) => wrong,
        };
        let mut place = reachable(&tree, path.unwrap_or_default());
        match &kind {
            Kind::Unknown(name, _) => place.push(name.clone()),
            Kind::Missing(name) => place.push((*name).to_owned()),
            Kind::Word(_) | Kind::Value(_) => {}
        }
        let attempt = attempts.entry(place.clone()).or_default();
        if *attempt == 0 {
            if matches!(kind, Kind::Missing(_)) {
                missing.insert(place.clone());
            }
            // An absent section was filled with an empty one, and here come its keys: they say
            // more.
            if let Some((_, section)) = place.split_last()
                && missing.remove(section)
            {
                faults.forget(&section.join("."));
            }
            faults.push(describe(&tree, &place, &kind));
        }
        let stand_in = match &kind {
            Kind::Unknown(..) => None,
            Kind::Word([word, ..]) if *attempt == 0 => Some(Value::from(*word)),
            _ => Some(stand_in(*attempt)?),
        };
        *attempt += 1;
        put(&mut tree, &place, stand_in);
    }
}

/// A value that some type may accept; none when there are no more to try.
fn stand_in(attempt: usize) -> Option<Value> {
    let kinds = [
        ValueKind::Table(HashMap::new()),
        ValueKind::String(String::new()),
        ValueKind::Array(Vec::new()),
        ValueKind::I64(1),
        ValueKind::Boolean(false),
        ValueKind::String("http://localhost".to_owned()),
        ValueKind::String("127.0.0.1:1".to_owned()),
    ];
    kinds.into_iter().nth(attempt).map(|kind| Value::new(None, kind))
}

/// Cuts a path where the tree ends: the items of a variable's list have no place of their own.
fn reachable(tree: &Value, path: Path) -> Path {
    let deepest = (0..=path.len()).rev().find(|&length| find(tree, &path[..length]).is_some());
    path.into_iter().take(deepest.unwrap_or(0)).collect()
}

fn find<'a>(tree: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(tree, |value, key| match &value.kind {
        ValueKind::Table(table) => table.get(key),
        ValueKind::Array(list) => list.get(key.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Sets or removes what is at `path`, whose parent exists.
fn put(tree: &mut Value, path: &[String], new: Option<Value>) {
    let Some((key, parents)) = path.split_last() else {
        *tree = new.unwrap_or_else(|| Value::new(None, ValueKind::Nil));
        return;
    };
    let parent = parents.iter().try_fold(tree, |value, key| match &mut value.kind {
        ValueKind::Table(table) => table.get_mut(key),
        ValueKind::Array(list) => list.get_mut(key.parse::<usize>().ok()?),
        _ => None,
    });
    match (parent.map(|value| &mut value.kind), new) {
        (Some(ValueKind::Table(table)), Some(new)) => {
            table.insert(key.clone(), new);
        }
        (Some(ValueKind::Table(table)), None) => {
            table.remove(key);
        }
        (Some(ValueKind::Array(list)), Some(new)) => {
            if let Some(item) = key.parse::<usize>().ok().and_then(|at| list.get_mut(at)) {
                *item = new;
            }
        }
        _ => {}
    }
}

/// Says what is wrong, where it came from, and what to do.
fn describe(tree: &Value, place: &[String], kind: &Kind) -> Fault {
    let key = place.join(".");
    let variable = format!("PRAHO__{}", key.replace('.', "__").to_uppercase());
    let source = match find(tree, place).and_then(Value::origin) {
        Some("the environment") => format!(" (in {variable})"),
        Some(file) => format!(" (in {file})"),
        None => String::new(),
    };
    match kind {
        Kind::Unknown(_, known) => {
            let remedy = format!("remove it, or correct it to one of: {}", known.join(", "));
            Fault::new(&key, format!("is not known{source}"), remedy)
        }
        Kind::Missing(_) => {
            let remedy = format!("set it in the configuration file or as {variable}");
            Fault::new(&key, "is missing", remedy)
        }
        Kind::Word(words) => {
            let remedy = format!("write one of: {}", words.join(", "));
            Fault::new(&key, format!("is not one of the words allowed{source}"), remedy)
        }
        Kind::Value(message) => {
            let remedy = format!("correct it there or set {variable}");
            Fault::new(&key, format!("{message}{source}"), remedy)
        }
    }
}
