//! The modules of a crate: what each defines, imports and names.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::tokens::{Token, tokens};

/// A path such as `crate::jobs::Job`, as its segments.
pub(super) type Segments = Vec<String>;

/// A module of a file of its own, or one written inside of a file.
#[derive(Default)]
pub(super) struct Module {
    /// The file that holds the module's items, under `src`.
    pub(super) file: String,
    /// The module around it; the root has none.
    pub(super) parent: Option<usize>,
    /// The modules inside.
    pub(super) children: BTreeMap<String, usize>,
    /// The names of its own items.
    pub(super) items: BTreeSet<String>,
    /// The names that it imports, and from where.
    pub(super) imports: BTreeMap<String, Segments>,
    /// The paths of its imports that are for itself, not for others.
    pub(super) used: Vec<Segments>,
    /// The paths and single names in its code.
    pub(super) named: BTreeSet<Segments>,
}

/// All modules below a root file, the root first.
pub(super) fn modules(root: &Path, sources: &BTreeMap<PathBuf, String>) -> Vec<Module> {
    let mut reader = Reader { sources, modules: Vec::new() };
    reader.file(root.to_owned(), root.parent().unwrap_or(Path::new("")).to_owned(), None);
    reader.modules
}

struct Reader<'a> {
    sources: &'a BTreeMap<PathBuf, String>,
    modules: Vec<Module>,
}

impl Reader<'_> {
    /// Reads a file, whose modules lie in `folder`.
    fn file(&mut self, file: PathBuf, folder: PathBuf, parent: Option<usize>) -> usize {
        let text =
            self.sources.get(&file).unwrap_or_else(|| panic!("{} is missing", file.display()));
        let tokens = tokens(text);
        let id = self.module(file.display().to_string(), parent);
        self.body(&tokens, 0, id, &folder);
        id
    }

    fn module(&mut self, file: String, parent: Option<usize>) -> usize {
        self.modules.push(Module { file, parent, ..Module::default() });
        self.modules.len() - 1
    }

    /// Reads a module's items from a position to the brace that ends it, and returns the position behind.
    fn body(&mut self, tokens: &[Token], mut i: usize, id: usize, folder: &Path) -> usize {
        let mut depth = 0;
        while i < tokens.len() {
            match &tokens[i] {
                Token::Sign('}') if depth == 0 => return i + 1,
                Token::Sign('{') => depth += 1,
                Token::Sign('}') => depth -= 1,
                Token::Sign('#') if tokens[i..].starts_with(&test_only()) => {
                    i = behind_item(tokens, i);
                    continue;
                }
                Token::Word(word) if word == "mod" => {
                    i = self.child(tokens, i + 1, id, folder);
                    continue;
                }
                // not the `use<'a>` of a type
                Token::Word(word) if word == "use" && tokens[i + 1] != Token::Sign('<') => {
                    let mut found = Vec::new();
                    let public = matches!(&tokens[..i], [.., Token::Sign(')')])
                        || tokens[..i].last().is_some_and(|it| it.is_word("pub"));
                    i = tree(tokens, i + 1, &mut Vec::new(), &mut found);
                    let module = &mut self.modules[id];
                    for (name, path) in found {
                        if !public {
                            module.used.push(path.clone());
                        }
                        module.imports.insert(name, path);
                    }
                    continue;
                }
                Token::Word(word) => {
                    let defines = DEFINING.contains(&word.as_str()) && depth == 0;
                    let defined = tokens.get(i + 1 + usize::from(word == "macro_rules"));
                    if let Some(name) = defined.and_then(Token::word).filter(|_| defines) {
                        self.modules[id].items.insert(name.to_owned());
                    }
                    i = self.path(tokens, i, id);
                    continue;
                }
                Token::Colons | Token::Sign(_) => {}
            }
            i += 1;
        }
        i
    }

    /// Reads `name;` or `name { … }` of a module.
    fn child(&mut self, tokens: &[Token], i: usize, id: usize, folder: &Path) -> usize {
        let name = tokens[i].word().expect("a module's name").to_owned();
        let inside = folder.join(&name);
        let (child, behind) = if tokens[i + 1] == Token::Sign('{') {
            let child = self.module(self.modules[id].file.clone(), Some(id));
            (child, self.body(tokens, i + 2, child, &inside))
        } else {
            let file = folder.join(format!("{name}.rs"));
            let file = if self.sources.contains_key(&file) { file } else { inside.join("mod.rs") };
            (self.file(file, inside, Some(id)), i + 1)
        };
        self.modules[id].children.insert(name, child);
        behind
    }

    /// Reads a path in code, unless it continues something: `.field`, `<T as Trait>::Item`.
    fn path(&mut self, tokens: &[Token], from: usize, id: usize) -> usize {
        let mut segments = Segments::new();
        let mut i = from;
        while let Some(word) = tokens.get(i).and_then(Token::word) {
            segments.push(word.to_owned());
            i += 1;
            match tokens.get(i..i + 2) {
                Some([Token::Colons, Token::Word(_)]) => i += 1,
                _ => break,
            }
        }
        if !matches!(&tokens[..from], [.., Token::Colons | Token::Sign('.')]) {
            self.modules[id].named.insert(segments);
        }
        i
    }
}

/// The keywords before the name of an item.
const DEFINING: [&str; 9] =
    ["fn", "struct", "enum", "trait", "type", "const", "static", "union", "macro_rules"];

/// `#[cfg(test)]`
fn test_only() -> [Token; 7] {
    let word = |it: &str| Token::Word(it.to_owned());
    let [hash, open, close] = ['#', '[', ']'].map(Token::Sign);
    [hash, open, word("cfg"), Token::Sign('('), word("test"), Token::Sign(')'), close]
}

/// The position behind the item at a position: behind its `;` or its last brace.
fn behind_item(tokens: &[Token], mut i: usize) -> usize {
    let mut depth = 0;
    while i < tokens.len() {
        match tokens[i] {
            Token::Sign('{' | '[' | '(') => depth += 1,
            Token::Sign(']' | ')') => depth -= 1,
            Token::Sign('}') if depth == 1 => return i + 1,
            Token::Sign('}') => depth -= 1,
            Token::Sign(';') if depth == 0 => return i + 1,
            Token::Colons | Token::Sign(_) | Token::Word(_) => {}
        }
        i += 1;
    }
    i
}

/// Reads the tree of a `use`, and gives each name with its path; a glob has the name `*`.
fn tree(
    tokens: &[Token],
    mut i: usize,
    prefix: &mut Segments,
    found: &mut Vec<(String, Segments)>,
) -> usize {
    let start = prefix.len();
    let mut name = None;
    let mut group = false;
    loop {
        match &tokens[i] {
            Token::Word(word) if word == "as" => {
                name = tokens[i + 1].word();
                i += 1;
            }
            // a list's `self` is the module before it
            Token::Word(word) if word == "self" && start > 0 => {}
            Token::Word(word) => prefix.push(word.clone()),
            Token::Sign('*') => prefix.push("*".to_owned()),
            Token::Sign('{') => {
                group = true;
                i += 1;
                while tokens[i] != Token::Sign('}') {
                    i = tree(tokens, i, prefix, found);
                    i += usize::from(tokens[i] == Token::Sign(','));
                }
            }
            Token::Colons => {}
            Token::Sign(_) => break,
        }
        i += 1;
    }
    if !group && let Some(last) = prefix.last() {
        found.push((name.unwrap_or(last).to_owned(), prefix.clone()));
    }
    prefix.truncate(start);
    i
}
