//! Which file of a crate uses which, read off the paths in the code.
//!
//! Not seen are names that a macro or an `include!` makes, and calls of methods: a type whose methods stand in several
//! files is one subject.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use super::modules::{Module, modules};

/// The file that uses, the file that is used, and the names of what it uses.
pub(super) type Uses = BTreeMap<(String, String), BTreeSet<String>>;

/// What the files of a crate use of each other.
///
/// A path leads to the file that defines the item, also through re-exports. Neither `mod` nor a re-export is a use.
pub(super) fn uses(sources: &BTreeMap<PathBuf, String>) -> Uses {
    let mut uses = Uses::new();
    let is_root = |file: &&PathBuf| {
        file.as_os_str() == "lib.rs" || file.as_os_str() == "main.rs" || file.starts_with("bin")
    };
    for root in sources.keys().filter(is_root) {
        let tree = Tree { modules: modules(root, sources) };
        for (id, module) in tree.modules.iter().enumerate() {
            for path in
                module.used.iter().chain(module.named.iter().filter(|it| module.may_lead_out(it)))
            {
                let Some(Found::Item { file, name }) = tree.find(id, path, 0) else { continue };
                if file != module.file {
                    let edge = (module.file.clone(), file.to_owned());
                    uses.entry(edge).or_default().insert(name.to_owned());
                }
            }
        }
    }
    uses
}

impl Module {
    /// Whether a path in the code may name something of another file. A single name does if it is imported.
    fn may_lead_out(&self, path: &[String]) -> bool {
        path.len() > 1 || self.imports.contains_key(&path[0])
    }
}

struct Tree {
    modules: Vec<Module>,
}

/// Where a path leads.
enum Found<'a> {
    Module(usize),
    Item { file: &'a str, name: &'a str },
}

/// How many imports a path may lead through. An import of its own name (`use time::time`) leads through itself for ever.
const FARTHEST: usize = 8;

impl Tree {
    /// Where a path in a module leads, unless out of the crate.
    fn find<'a>(&'a self, from: usize, path: &'a [String], through: usize) -> Option<Found<'a>> {
        if through > FARTHEST {
            return None;
        }
        let (first, rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => 0,
            "self" => from,
            "super" => self.modules[from].parent?,
            name => match self.look_up(from, name, rest.is_empty(), through)? {
                Found::Module(id) => id,
                item @ Found::Item { .. } => return Some(item),
            },
        };
        for (index, name) in rest.iter().enumerate() {
            let file = self.modules[at].file.as_str();
            if name == "super" {
                at = self.modules[at].parent?;
                continue;
            }
            match self.look_up(at, name, index + 1 == rest.len(), through) {
                Some(Found::Module(id)) => at = id,
                Some(item) => return Some(item),
                // A macro defines it, or it comes from another crate by way of this file.
                None => return Some(Found::Item { file, name }),
            }
        }
        Some(Found::Module(at))
    }

    /// What a name means in a module. A module and an item may share a name: the last name of a path means the item.
    fn look_up<'a>(
        &'a self,
        id: usize,
        name: &'a str,
        last: bool,
        through: usize,
    ) -> Option<Found<'a>> {
        let module = &self.modules[id];
        let child = module.children.get(name).map(|it| Found::Module(*it));
        if !last && child.is_some() {
            return child;
        }
        if module.items.contains(name) {
            return Some(Found::Item { file: &module.file, name });
        }
        let imported = module.imports.get(name);
        imported.and_then(|path| self.find(id, path, through + 1)).or(child)
    }
}
