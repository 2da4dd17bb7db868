//! What is sent decodes, by the rules of `remote.cgi`, to exactly the arguments that were meant.

use proptest::{prelude::*, sample::Index};

use super::*;
use crate::programs;

/// The arguments that `remote.cgi` of 8.1.0 makes of a form, besides the program and the format.
fn arguments(form: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    for pair in form.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (unescaped(name), unescaped(value));
        if name == "program" || name == "json" {
            continue;
        }
        arguments.push(format!("--{name}"));
        let mut lines: Vec<_> = value.split('\n').collect();
        while lines.last().is_some_and(|line| line.is_empty()) {
            lines.pop();
        }
        arguments.extend(lines.into_iter().map(str::to_owned));
    }
    arguments
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// A value for a parameter: now and then one that it takes, and anything else otherwise.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9]{0,8}(\\.[a-z]{2,8}){1,2}",
        "[a-z0-9._+-]{1,12}@[a-z]{1,8}\\.example",
        "[0-9]{1,12}",
        "[ -~]{1,40}",
        "\\PC{0,40}",
        any::<String>(),
        Just("www A 192.0.2.1\nwww A 192.0.2.2".to_owned()),
        Just("-----BEGIN CERTIFICATE-----\r\nMIIB+/=\n-----END CERTIFICATE-----\n".to_owned()),
        prop::sample::select(vec!["UNLIMITED", "NONE", "/srv/backup.tar.gz", "8.2", "2026-11-21"])
            .prop_map(str::to_owned),
    ]
}

/// What the program gets of an accepted value.
fn meant(kind: Kind, value: &str) -> Vec<String> {
    match kind {
        Kind::Switch => Vec::new(),
        Kind::TwoRecords => value.split('\n').map(str::to_owned).collect(),
        Kind::Pem | Kind::SecretPem => {
            let lines = value.lines().map(str::trim).filter(|line| !line.is_empty());
            vec![lines.collect::<Vec<_>>().join("\t")]
        }
        _ => vec![value.to_owned()],
    }
}

proptest! {
    #[test]
    fn what_is_sent_is_what_was_meant(
        program in any::<Index>(),
        given in prop::collection::vec((any::<Index>(), value()), 0..8),
    ) {
        let all: Vec<_> = programs::all().collect();
        let program = *program.get(&all);
        let mut request = Request::new(program);
        let mut expected = Vec::new();
        for (parameter, value) in given {
            if program.parameters.is_empty() {
                break;
            }
            let Parameter { flag, kind, .. } = *parameter.get(program.parameters);
            let added = match kind {
                Kind::Switch => request.clone().switch(flag),
                _ if kind.is_secret() => request.clone().secret(flag, &Secret::from(value.clone())),
                _ => request.clone().value(flag, &value),
            };
            if let Ok(added) = added {
                request = added;
                expected.push(format!("--{flag}"));
                expected.extend(meant(kind, &value));
            }
        }
        // A listing of names would be one of everything with it.
        let names = request.has("name-only") || request.has("id-only");
        if program.answer == Answer::Objects && !names {
            expected.insert(0, "--multiline".to_owned());
        }
        prop_assert_eq!(arguments(&request.form()), expected);
    }
}
