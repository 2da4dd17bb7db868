//! Tests with envelopes that a real Virtualmin 8.1.0 sent, shortened, and with bodies that must never pass
//! for one.

use proptest::prelude::*;

use super::*;
use crate::panel::programs;

type Answer = Result<Envelope<Vec<serde_json::Value>>, Unreadable>;

fn list(body: &str) -> Answer {
    decode(&programs::domains::LIST, body)
}

fn modify(body: &str) -> Answer {
    decode(&programs::domains::MODIFY, body)
}

const EMPTY_LIST: &str =
    "{\n   \"status\" : \"success\",\n   \"data\" : [],\n   \"command\" : \"list-domains\"\n}\n";

const LOGIN_PAGE: &str = "<!DOCTYPE html PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\">\n<html>\n\
    <head>\n<title>Login to Webmin</title></head>\n<body></body></html>";

#[test]
fn an_explicit_empty_list_is_a_list() {
    let empty = Envelope::Success { data: Some(Vec::new()), output: String::new() };
    assert_eq!(list(EMPTY_LIST), Ok(empty));
}

#[test]
fn a_byte_order_mark_in_front_is_passed_over() {
    assert!(list(&format!("\u{feff}{EMPTY_LIST}")).is_ok());
}

#[test]
fn a_failure_keeps_its_first_line_and_all_its_text() {
    let body = r#"{"error":"Virtual server nosuch.test does not exist.","status":"failure",
        "full_error":"Virtual server nosuch.test does not exist.\n\nusage\n","command":"modify-domain"}"#;
    let Ok(Envelope::Failure { error, full_error }) = modify(body) else { panic!("no failure") };
    assert_eq!(error, "Virtual server nosuch.test does not exist.");
    assert!(full_error.ends_with("usage\n"));
}

#[test]
fn a_failure_without_words_is_still_a_failure() {
    let body = r#"{"status":"failure","command":"modify-domain"}"#;
    assert!(matches!(modify(body), Ok(Envelope::Failure { .. })));
}

#[test]
fn a_program_that_is_not_there_is_a_rejection_without_a_command() {
    let body = r#"{"status":"error","error":"Remote program no-such-program does not exist"}"#;
    assert!(matches!(modify(body), Ok(Envelope::Rejected { .. })));
}

#[test]
fn the_refusals_of_an_account_are_known_in_text_and_in_html() {
    let text = "ERROR: You are not allowed to run remote commands";
    let page = "<!DOCTYPE html>\n<html><body><h3>Access denied : User apinomod is not allowed to use \
                the Virtualmin Virtual Servers module</h3></body></html>";
    let rpc =
        "<!DOCTYPE html>\n<html><body><h3>Webmin user is for RPC calls only</h3></body></html>";
    for body in [text, page, rpc] {
        assert_eq!(list(body), Ok(Envelope::Denied), "{body}");
    }
}

#[test]
fn nothing_odd_passes_for_an_answer() {
    for (body, expected) in [
        ("", Unreadable::Empty),
        (" \r\n", Unreadable::Empty),
        (LOGIN_PAGE, Unreadable::Page),
        ("This CGI is designed to be invoked by other programs", Unreadable::Text),
        ("[]", Unreadable::Text),
        ("null", Unreadable::Text),
        (r#"{"status":"ok","command":"list-domains","data":[]}"#, Unreadable::Status),
        (r#"{"status":"success","command":"list-domains"}"#, Unreadable::NoData),
        (r#"{"status":"success","data":[]}"#, Unreadable::Command),
        (r#"{"status":"success","command":"info","data":[]}"#, Unreadable::Command),
        (
            r#"{"status":"success","command":"list-domains","data":[],"error":"x"}"#,
            Unreadable::Status,
        ),
    ] {
        assert_eq!(list(body), Err(expected), "{body}");
    }
    for body in [
        "{}",
        r#"{"status":0,"command":"list-domains","data":[]}"#,
        r#"{"status":true,"command":"list-domains","data":[]}"#,
        r#"{"data":[],"command":"list-domains"}"#,
        r#"{"status":"success","command":"list-domains","data":{}}"#,
        r#"{"status":"success","command":"list-domains","data":[]} trailing"#,
        r#"{"status":"success","status":"failure","command":"list-domains","data":[]}"#,
    ] {
        assert!(matches!(list(body), Err(Unreadable::Json(_))), "{body}");
    }
}

#[test]
fn words_in_data_decide_nothing() {
    let body = r#"{"status":"success","command":"list-domains","data":[{"name":"invalid-error.test",
        "values":{"error_log":["/var/log/virtualmin/x_error_log"],"description":["ERROR: timeout"]}}]}"#;
    assert!(matches!(list(body), Ok(Envelope::Success { .. })));
}

#[test]
fn in_plain_text_the_exit_status_decides() {
    let failed = "Virtual server nosuch.test does not exist\n\nusage\n\n\nExit status: 256\n";
    let Ok(Envelope::Failure { error, .. }) = modify(failed) else { panic!("no failure") };
    assert_eq!(error, "Virtual server nosuch.test does not exist");
    assert!(matches!(modify("All done\n\nExit status: 0\n"), Ok(Envelope::Success { .. })));
    assert_eq!(modify("All done\n\nExit sta"), Err(Unreadable::Text));
    assert_eq!(modify("All done\n\nExit status: 0x"), Err(Unreadable::Text));
}

#[test]
fn an_unreadable_body_is_not_quoted() {
    let body = r#"{"status":"success","command":"list-domains","data":"s3cr3t-word"}"#;
    let error = list(body).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("s3cr3t"));
}

proptest! {
    #[test]
    fn a_cut_answer_is_never_a_success(cut in 0..EMPTY_LIST.trim_end().len()) {
        prop_assert!(list(&EMPTY_LIST[..cut]).is_err());
    }

    #[test]
    fn any_text_is_read_without_panic(body in "\\PC*") {
        let _ = list(&body);
    }

    #[test]
    fn any_page_is_an_error(rest in "\\PC*") {
        let read = modify(&format!("<html>{rest}"));
        let passes = matches!(read, Ok(Envelope::Success { .. }));
        prop_assert!(!passes);
    }
}
