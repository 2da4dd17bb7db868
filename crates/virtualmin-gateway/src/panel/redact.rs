//! Takes out of answers that go to people what they may not see: passwords and their hashes, wherever the panel prints them.

use serde_json::Value;

/// What stands in the place of a secret.
const MASK: &str = "***";

/// Whether the value of such a key is a secret. The recorded listings have `password`, `hashed_password`,
/// `encrypted_password` and `password_for_mysql`; templates and plugins have keys of their own.
fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["pass", "secret", "token", "salt", "private"].iter().any(|word| key.contains(word))
}

/// Masks secrets in `data`.
pub(crate) fn data(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(data),
        Value::Object(fields) => {
            // An object may also be one pair of a name and its value.
            let named = fields.get("name").and_then(Value::as_str).is_some_and(is_secret);
            for (key, value) in fields {
                if is_secret(key) || (named && key == "value") {
                    mask(value);
                } else {
                    data(value);
                }
            }
        }
        Value::String(text) => *text = without_logins(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Masks secrets in lines of the form `key: value`.
pub(crate) fn text(text: &str) -> String {
    let line = |line: &str| match line.split_once(':') {
        Some((key, value)) if is_secret(key) && !value.trim().is_empty() => {
            format!("{key}: {MASK}")
        }
        _ => without_logins(line),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Masks the logins of addresses, such as those to which backups go.
pub(crate) fn without_logins(text: &str) -> String {
    let word =
        |word: &str| match word.split_once("://").map(|(kind, rest)| (kind, rest.rsplit_once('@')))
        {
            Some((kind, Some((_, host)))) => format!("{kind}://{MASK}@{host}"),
            _ => word.to_owned(),
        };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn mask(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Object(fields) => fields.values_mut().for_each(mask),
        other => *other = Value::from(MASK),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn passwords_and_hashes_are_masked_in_every_form_of_data() {
        let mut listed = json!([
            { "name": "a.example", "values": { "hashed_password": ["$6$a$b"], "id": ["1"] } },
            { "name": "mysql_pass", "value": "open" },
            { "name": "cert", "value": "/etc/ssl/x" },
        ]);
        data(&mut listed);
        assert_eq!(
            listed,
            json!([
                { "name": "a.example", "values": { "hashed_password": ["***"], "id": ["1"] } },
                { "name": "mysql_pass", "value": "***" },
                { "name": "cert", "value": "/etc/ssl/x" },
            ])
        );
    }

    #[test]
    fn a_line_keeps_its_key() {
        assert_eq!(
            text("id: 0\nmysql_pass: open\nPassword:\n"),
            "id: 0\nmysql_pass: ***\nPassword:"
        );
    }

    #[test]
    fn an_address_loses_its_login() {
        for (told, masked) in [
            ("Testing ssh://u:s3cret@h:/a ..", "Testing ssh://***@h:/a .."),
            ("s3://key:s3@cret@bucket/a", "s3://***@bucket/a"),
            ("https://h/a and  b@c", "https://h/a and  b@c"),
        ] {
            assert_eq!(without_logins(told), masked);
            assert_eq!(text(told), masked);
        }
        let mut listed = json!([{ "values": { "destination": ["ftp://u:s3cret@h/a"] } }]);
        data(&mut listed);
        assert_eq!(listed, json!([{ "values": { "destination": ["ftp://***@h/a"] } }]));
    }

    proptest! {
        #[test]
        fn no_value_of_a_secret_key_is_left(before in "[a-z_]{0,8}", after in "[a-z_]{0,8}", nested in any::<bool>()) {
            let key = format!("{before}password{after}");
            let secret = json!(["canary-s3cret"]);
            let mut value = if nested { json!({ "values": { &key: { "x": secret } } }) } else { json!({ key: secret }) };
            data(&mut value);
            prop_assert!(!value.to_string().contains("canary"));
        }
    }
}
