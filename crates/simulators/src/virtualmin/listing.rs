//! The `data` of an answer, made from a program's text as `remote.cgi` makes it.
//!
//! The parser does not know the program. It turns any lines into objects, so a table for people gives useless
//! objects without `multiline`.

use std::collections::BTreeMap;

use serde::Serialize;

/// One element of `data`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Item {
    /// An unindented line with the indented `key: value` lines that follow it.
    Object {
        /// The line.
        name: String,
        /// Lower-cased keys with blanks as underscores, and all values of each.
        values: BTreeMap<String, Vec<String>>,
    },
    /// An unindented `key: value` before any object.
    Pair {
        /// The key, unchanged.
        name: String,
        /// The value, unchanged.
        value: String,
    },
    /// A line, unchanged (only names, together with `simple-multiline`).
    Line(String),
    /// A virtual server and its transfer (`list-bandwidth` with `simple-multiline`).
    Transfer {
        /// The domain.
        name: String,
        /// For each day its `date` and the bytes of each feature.
        bw: Vec<BTreeMap<String, String>>,
    },
    /// A virtual server that was compared with its machine (`validate-domains`). Only the answer without errors becomes
    /// data.
    Validated {
        /// The domain.
        name: String,
        /// Always `success`.
        status: &'static str,
        /// Always none.
        errors: [(); 0],
    },
}

/// Whether `remote.cgi` turns this program's output into `data`.
pub(super) fn is_list(program: &str) -> bool {
    program.starts_with("list-") || program.starts_with("get-dns")
}

/// The objects in multiline output.
pub(super) fn objects(output: &str) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut seen_object = false;
    for line in output.lines().filter(|line| !line.trim().is_empty()) {
        let indented = line.starts_with(char::is_whitespace);
        match (indented, split(line.trim_start())) {
            (true, Some((key, value))) => {
                // Below a pair, the parser begins an object that it never adds.
                seen_object = true;
                add(items.last_mut(), key, value);
            }
            (true, None) => {}
            (false, Some((key, value))) if !seen_object && key.len() >= 2 => {
                items.push(Item::Pair { name: key.into(), value: value.into() });
            }
            (false, _) => {
                seen_object = true;
                items.push(Item::Object { name: line.into(), values: BTreeMap::new() });
            }
        }
    }
    items
}

/// The unindented `key: value` lines.
pub(super) fn pairs(output: &str) -> Vec<Item> {
    let pair = |line: &str| {
        let (name, value) = split(line)?;
        let is_word = !name.is_empty() && !name.contains(char::is_whitespace);
        is_word.then(|| Item::Pair { name: name.into(), value: value.into() })
    };
    output.lines().filter_map(pair).collect()
}

/// The lines, unchanged.
pub(super) fn lines(output: &str) -> Vec<Item> {
    output.lines().map(|line| Item::Line(line.into())).collect()
}

/// The output of `list-bandwidth`.
pub(super) fn transfer(output: &str) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for line in output.lines() {
        match (line.strip_prefix(' '), split(line.trim_start())) {
            (None, Some((name, ""))) => {
                items.push(Item::Transfer { name: name.into(), bw: Vec::new() });
            }
            (Some(_), Some((date, counts))) => {
                let counts = counts.split_whitespace().filter_map(|it| it.split_once(':'));
                let pairs = [("date", date)].into_iter().chain(counts);
                let day = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
                if let Some(Item::Transfer { bw, .. }) = items.last_mut() {
                    bw.push(day);
                }
            }
            _ => {}
        }
    }
    items
}

/// The output of `validate-domains` that found nothing wrong.
pub(super) fn validated(output: &str) -> Vec<Item> {
    let names = output.lines().filter(|line| !line.starts_with(' '));
    let item = |name: &str| Item::Validated { name: name.into(), status: "success", errors: [] };
    names.map(item).collect()
}

fn split(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    Some((key, value.trim_start()))
}

fn add(item: Option<&mut Item>, key: &str, value: &str) {
    if let Some(Item::Object { values, .. }) = item {
        let key = key.to_lowercase().replace(' ', "_");
        values.entry(key).or_default().push(value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(name: &str, values: &[(&str, &[&str])]) -> Item {
        let values = values
            .iter()
            .map(|(key, list)| ((*key).into(), list.iter().map(|v| (*v).into()).collect()))
            .collect();
        Item::Object { name: name.into(), values }
    }

    #[test]
    fn indented_lines_become_lists_of_values() {
        let text = "a.test\n    Maximum sub-servers: Cannot create\n    Plugins: \n    \
                    SSL cert used by: webmin (a.test)\n    SSL cert used by: postfix (a.test)\n";
        let expected = object(
            "a.test",
            &[
                ("maximum_sub-servers", &["Cannot create"]),
                ("plugins", &[""]),
                ("ssl_cert_used_by", &["webmin (a.test)", "postfix (a.test)"]),
            ],
        );
        assert_eq!(objects(text), [expected]);
    }

    #[test]
    fn a_table_becomes_junk_with_its_padding() {
        let items = objects("Domain          Username  \n--------------- ----------\n");
        assert_eq!(
            items,
            [object("Domain          Username  ", &[]), object("--------------- ----------", &[])]
        );
    }

    #[test]
    fn days_of_transfer_are_maps() {
        let items = transfer("a.test:\nb.test:\n    2026-11-20: mail:50 web:777\n");
        let day = [("date", "2026-11-20"), ("mail", "50"), ("web", "777")];
        let day = day.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let expected = [("a.test", vec![]), ("b.test", vec![BTreeMap::from(day)])];
        let expected = expected.map(|(name, bw)| Item::Transfer { name: name.into(), bw });
        assert_eq!(items, expected);
    }

    #[test]
    fn a_line_without_a_colon_is_an_object_and_its_file_is_lost() {
        let text = "a.test:\n    Type: cert\n-----BEGIN CERTIFICATE-----\nMIIB\n";
        let pair = Item::Pair { name: "a.test".into(), value: String::new() };
        let lines = ["-----BEGIN CERTIFICATE-----", "MIIB"].map(|line| object(line, &[]));
        assert_eq!(objects(text), [&[pair][..], &lines].concat());
    }

    #[test]
    fn a_pair_before_any_object_stays_a_pair() {
        let expected = Item::Pair { name: "host".into(), value: "vm".into() };
        assert_eq!(objects("host: vm\n"), [expected]);
    }
}
