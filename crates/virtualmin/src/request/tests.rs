//! Tests of the forms that are sent and of the requests that are refused.

use proptest::prelude::*;

use super::*;
use crate::programs;

fn on(program: &'static Program) -> Request {
    Request::on(program, "a.example").unwrap()
}

fn problem(result: Result<Request, Refusal>) -> Problem {
    result.unwrap_err().problem
}

#[test]
fn a_switch_is_sent_empty_and_a_value_encoded() {
    let request =
        on(&programs::domains::DISABLE).value("why", "unpaid invoice #42 & more").unwrap();
    assert_eq!(
        request.form(),
        "program=disable-domain&json=1&domain=a.example&why=unpaid+invoice+%2342+%26+more"
    );
    let request = on(&programs::domains::MODIFY).switch("protected").unwrap();
    assert_eq!(request.form(), "program=modify-domain&json=1&domain=a.example&protected=");
}

#[test]
fn only_lists_ask_for_multiline_and_before_its_cheaper_form() {
    let request = Request::new(&programs::domains::LIST).switch("simple-multiline").unwrap();
    assert_eq!(request.form(), "program=list-domains&json=1&multiline=&simple-multiline=");
    for program in programs::all().filter(|it| it.answer != Answer::Objects) {
        assert!(!Request::new(program).form().contains("multiline"), "{}", program.name);
    }
}

#[test]
fn flags_outside_the_allow_list_are_refused() {
    assert_eq!(problem(on(&programs::domains::CREATE).switch("multiline")), Problem::NotAllowed);
    let refused = on(&programs::domains::MODIFY).value("post-command", "id");
    assert_eq!(problem(refused), Problem::NotAllowed);
    assert_eq!(problem(Request::new(&programs::hosts::INFO).switch("domain")), Problem::NotAllowed);
}

#[test]
fn a_line_feed_cannot_become_another_argument() {
    for value in ["a\n--quota\n1000", "a\r", "a\0", "a\u{7f}", "a\u{85}"] {
        let refused = on(&programs::domains::DISABLE).value("why", value);
        assert_eq!(problem(refused), Problem::ControlCharacter, "{value:?}");
        let password = Secret::from(value.to_owned());
        let refused = on(&programs::domains::MODIFY).secret("pass", &password);
        assert_eq!(problem(refused), Problem::ControlCharacter, "{value:?}");
    }
}

#[test]
fn an_empty_value_cannot_swallow_the_next_flag() {
    assert_eq!(problem(on(&programs::domains::DISABLE).value("why", "")), Problem::Empty);
    assert_eq!(problem(Request::on(&programs::domains::DELETE, "")), Problem::Empty);
    let empty = Secret::from(String::new());
    assert_eq!(problem(on(&programs::domains::MODIFY).secret("pass", &empty)), Problem::Empty);
}

#[test]
fn a_name_is_lower_case_ascii() {
    for name in ["A.example", "münchen.example", "-a.example", "a..example", "--domain", "a b"] {
        assert_eq!(problem(Request::on(&programs::domains::LIST, name)), Problem::Value, "{name}");
    }
}

#[test]
fn a_limit_is_a_whole_number_above_zero_or_its_word() {
    for value in ["0", "-1", "+1", "1GB", "1.5", "NONE", "unlimited", "99999999999999999999"] {
        let refused = on(&programs::domains::MODIFY).value("quota", value);
        assert_eq!(problem(refused), Problem::Value, "{value}");
    }
    for value in ["1", "1048576", "UNLIMITED"] {
        on(&programs::domains::MODIFY).value("quota", value).unwrap();
    }
    on(&programs::domains::MODIFY).value("bw", "NONE").unwrap();
}

#[test]
fn a_flag_is_given_once_and_in_its_form() {
    let twice = on(&programs::domains::MODIFY).value("domain", "b.example");
    assert_eq!(problem(twice), Problem::Twice);
    assert_eq!(problem(on(&programs::domains::MODIFY).value("protected", "1")), Problem::Form);
    assert_eq!(problem(on(&programs::domains::MODIFY).value("pass", "open")), Problem::Form);
    let secret = Secret::from("web".to_owned());
    assert_eq!(problem(on(&programs::domains::CREATE).secret("web", &secret)), Problem::Form);
}

#[test]
fn neither_debug_nor_a_refusal_shows_a_password() {
    let password = Secret::from("s3cr3t-word".to_owned());
    let request = on(&programs::domains::CREATE).secret("pass", &password).unwrap();
    assert!(!format!("{request:?}").contains("s3cr3t"));
    let refusal = request.secret("pass", &password).unwrap_err();
    assert!(!format!("{refusal} {refusal:?}").contains("s3cr3t"));
}

proptest! {
    #[test]
    fn every_accepted_value_arrives_as_exactly_one_argument(why in "\\PC{1,80}") {
        if let Ok(request) = on(&programs::domains::DISABLE).value("why", &why) {
            let form = request.form();
            let pairs: Vec<_> = form_urlencoded::parse(form.as_bytes()).collect();
            prop_assert_eq!(pairs.len(), 4);
            prop_assert_eq!(pairs[3].1.as_ref(), why.as_str());
            prop_assert!(!why.contains(['\n', '\r']));
        }
    }

    #[test]
    fn a_generated_password_is_never_refused(password in "[!-~]{1,64}") {
        let password = Secret::from(password);
        prop_assert!(on(&programs::domains::CREATE).secret("pass", &password).is_ok());
    }
}
