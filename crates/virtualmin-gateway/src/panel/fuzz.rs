//! No answer makes a reader panic, whatever a host sends, and none keeps more than the answer has.

mod listings;

use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{
    domains::{self, Listed},
    envelope::{self, Envelope},
    errors::{self, Failure},
    info, program_list, programs, redact,
};

/// A body that is near to an answer, or anything.
fn body() -> impl Strategy<Value = String> {
    let word = prop_oneof!["[a-z_]{1,12}", "\\PC{0,20}", Just("data".to_owned())];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,30}".prop_map(Value::from),
    ];
    let tree = leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    });
    let answer = (prop::sample::select(vec!["success", "failure", "error", "?"]), tree.clone());
    let answer = answer.prop_map(|(status, data)| {
        serde_json::json!({ "status": status, "command": "list-domains", "data": data }).to_string()
    });
    prop_oneof![
        any::<String>(),
        tree.prop_map(|it| it.to_string()),
        answer.clone(),
        (answer, any::<prop::sample::Index>()).prop_map(|(text, at)| {
            let cut = at.index(text.len() + 1);
            String::from_utf8_lossy(&text.as_bytes()[..cut]).into_owned()
        }),
        ("\\PC{0,40}\n", "<html>\\PC{0,80}").prop_map(|(noise, page)| noise + &page),
    ]
}

proptest! {
    #[test]
    fn no_answer_makes_a_reader_panic(body in body()) {
        for program in programs::all() {
            match envelope::decode::<Value>(program, &body) {
                Ok(Envelope::Success { data, output }) => {
                    if let Some(mut data) = data {
                        redact::data(&mut data);
                    }
                    prop_assert!(redact::text(&output).len() <= output.len() * 4 + 64);
                    errors::failed_steps(&output, &[]);
                }
                Ok(Envelope::Failure { error, full_error }) => {
                    Failure::read(program, &error, &full_error, &[]);
                }
                Ok(Envelope::Rejected { error }) => {
                    Failure::rejected(&error, &[]);
                }
                Ok(Envelope::Denied) | Err(_) => {}
            }
        }
        if let Ok(Envelope::Success { data: Some(data), .. }) =
            envelope::decode::<Vec<Listed<'_>>>(&programs::domains::LIST, &body)
        {
            let listed = data.len();
            if let Ok(domains) = domains::records(data) {
                prop_assert!(domains.len() <= listed);
            }
        }
        let _ = envelope::decode::<Vec<program_list::Listed<'_>>>(&programs::hosts::LIST_COMMANDS, &body);
        let _ = envelope::decode::<IgnoredAny>(&programs::hosts::INFO, &body);
        info::read(&body);
    }
}
