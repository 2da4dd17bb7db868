//! Reads from `list-features` and `list-php-versions` what virtual servers of a host can have.

use std::{borrow::Cow, collections::BTreeSet};

use serde::Deserialize;

/// One feature of `list-features`.
#[derive(Debug, Deserialize)]
pub(crate) struct ListedFeature<'a> {
    /// The name in parameters, such as `mysql`.
    #[serde(borrow)]
    name: Cow<'a, str>,
    values: Values,
}

#[derive(Debug, Deserialize)]
struct Values {
    #[serde(default)]
    enabled: Vec<String>,
}

/// One version of `list-php-versions`.
#[derive(Debug, Deserialize)]
pub(crate) struct ListedPhp<'a> {
    /// The version, such as `8.2`.
    #[serde(borrow)]
    name: Cow<'a, str>,
}

/// The features that are switched on in the module's configuration.
///
/// `None` if one of them says neither `Yes` nor `No`, as each does in the multiline form of Virtualmin 8.1.
pub(crate) fn features(listed: Vec<ListedFeature<'_>>) -> Option<BTreeSet<String>> {
    let mut switched_on = BTreeSet::new();
    for ListedFeature { name, values } in listed {
        match values.enabled.as_slice() {
            [enabled] if enabled == "Yes" => {
                switched_on.insert(name.into_owned());
            }
            [enabled] if enabled == "No" => {}
            _ => return None,
        }
    }
    Some(switched_on)
}

/// The versions of PHP.
pub(crate) fn php_versions(listed: Vec<ListedPhp<'_>>) -> BTreeSet<String> {
    listed.into_iter().map(|it| it.name.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<BTreeSet<String>> {
        features(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn a_feature_counts_only_if_it_is_switched_on() {
        let json = r#"[
            {"name":"unix","values":{"automatic":["Yes"],"default":["Yes"],"enabled":["Yes"],"source":["Core"]}},
            {"name":"web","values":{"automatic":["No"],"enabled":["Yes"],"description":["Apache \u0022web\u0022"]}},
            {"name":"postgres","values":{"enabled":["No"]}}]"#;
        assert_eq!(read(json), Some(["unix".to_owned(), "web".to_owned()].into()));
        assert_eq!(read("[]"), Some(BTreeSet::new()));
    }

    #[test]
    fn another_word_than_yes_and_no_is_not_guessed() {
        for enabled in [r#"["Auto"]"#, "[]", r#"["Yes","No"]"#] {
            let json = format!(r#"[{{"name":"web","values":{{"enabled":{enabled}}}}}]"#);
            assert_eq!(read(&json), None, "{enabled}");
        }
        assert_eq!(read(r#"[{"name":"web","values":{}}]"#), None);
    }

    #[test]
    fn versions_of_php_are_names() {
        let json =
            r#"[{"name":"8.2","values":{"full_version":["8.2.35"]}},{"name":"7.4","values":{}}]"#;
        let versions = php_versions(serde_json::from_str(json).unwrap());
        assert_eq!(versions, ["7.4".to_owned(), "8.2".to_owned()].into());
    }
}
