//! Exit codes and texts of failures.

use contracts::{provisioning::v1::JobFault, status::to_status};
use model::fault::Violation;

use super::*;

fn plain(failure: &Failure) -> String {
    failure.report(Palette::plain())
}

#[test]
fn every_kind_of_fault_has_the_documented_exit_code() {
    let code = |kind| Failure::from(Fault::new(kind, "x")).exit_code();
    let seen = FaultKind::ALL.map(code);
    assert_eq!(seen, [2, 5, 5, 3, 4, 4, 4, 6, 6, 6, 6, 6, 1, 1]);
}

#[test]
fn other_failures_have_the_documented_exit_codes() {
    let job = || Awaited::Job("1".to_owned());
    assert_eq!(Failure::Usage(String::new()).exit_code(), 2);
    assert_eq!(Failure::NoUrl.exit_code(), 2);
    assert_eq!(Failure::NoToken.exit_code(), 5);
    assert_eq!(Failure::Job(Box::default()).exit_code(), 1);
    let unseen = Failure::Unseen { server: "vm1".to_owned(), error: String::new() };
    assert_eq!(unseen.exit_code(), 1);
    assert_eq!(Failure::Unended { awaited: job(), waited: Duration::from_secs(1) }.exit_code(), 6);
    assert_eq!(Failure::Interrupted(job()).exit_code(), 130);
}

#[test]
fn each_wrong_field_is_named() {
    let violation = |field: &str, message: &str| Violation {
        field: field.to_owned(),
        message: message.to_owned(),
    };
    let wrong = vec![violation("name", "is empty"), violation("url", "is not https")];
    let fault = Fault::all_invalid(wrong).unwrap();
    let text = plain(&Failure::from(to_status(&fault)));
    assert_eq!(
        text,
        "error: 2 of the values given cannot be used\n  name: is empty\n  url: is not https"
    );
    let text = plain(&Failure::from(to_status(&Fault::invalid("domain", "has no dot"))));
    assert_eq!(text, "error: domain: has no dot");
}

#[test]
fn a_busy_api_says_when_to_come_back() {
    let fault = Fault::new(FaultKind::RateLimited, "too many calls");
    let fault = fault.retry_after(Duration::from_secs(15));
    let text = plain(&Failure::from(to_status(&fault)));
    assert!(text.contains("try again in 15 s"), "{text}");
}

#[test]
fn a_change_with_an_unknown_outcome_says_how_to_repeat_it() {
    let text = plain(&Failure::from(Status::unavailable("reset")).repeatable("order-7"));
    assert!(text.contains("--request-id order-7"), "{text}");
    let refused = Fault::new(FaultKind::Refused, "the account is protected");
    let text = plain(&Failure::from(to_status(&refused)).repeatable("order-7"));
    assert!(!text.contains("order-7"), "{text}");
}

#[test]
fn a_failed_job_shows_its_fault_and_the_next_command() {
    let fault = JobFault { kind: "timeout".to_owned(), message: "no answer".to_owned() };
    let job = Job {
        id: "7".to_owned(),
        status: "failed".to_owned(),
        fault: Some(fault),
        ..Job::default()
    };
    let text = plain(&Failure::Job(Box::new(job)));
    assert!(text.starts_with("error: job 7 has failed\n  timeout: no answer\n"), "{text}");
    assert!(text.contains("praho jobs retry 7"), "{text}");
}

#[test]
fn the_end_of_a_wait_names_the_unfinished_work_and_the_next_command() {
    let waited = Duration::from_secs(5);
    let job = || Awaited::Job("7".to_owned());
    let sweep = || Awaited::Sweep { server: "vm1".to_owned() };
    for (failure, first, next) in [
        (
            Failure::Unended { awaited: job(), waited },
            "job 7 has not ended after 5 s",
            "praho jobs watch 7",
        ),
        (Failure::Interrupted(job()), "interrupted; the job goes on", "praho jobs watch 7"),
        (
            Failure::Unended { awaited: sweep(), waited },
            "server vm1 has not been swept after 5 s",
            "praho drift status vm1",
        ),
        (Failure::Interrupted(sweep()), "interrupted; the sweep", "praho drift status vm1"),
    ] {
        let text = plain(&failure);
        assert!(text.starts_with(&format!("error: {first}")) && text.contains(next), "{text}");
    }
}

#[test]
fn a_not_found_error_names_the_list_command() {
    for (what, list) in [("plan", "plans"), ("DNS server", "dns-servers"), ("finding", "drift")] {
        let text = plain(&Failure::from(Fault::not_found(what, "x")));
        assert!(text.contains(&format!("praho {list} list shows")), "{text}");
    }
    let text = plain(&Failure::from(Fault::new(FaultKind::NotFound, "nothing here")));
    assert!(text.contains("the group's list command"), "{text}");
}

#[test]
fn a_server_without_grpc_is_distinguished_from_a_failing_api() {
    for said in [
        "protocol error: received message with invalid compression flag: 123 (valid flags are 0 and 1)",
        "connection error detected: frame with invalid size",
    ] {
        let text = plain(&Failure::of_call(&Status::internal(said), "http://rest"));
        assert!(text.contains("http://rest does not speak gRPC"), "{text}");
        assert!(text.contains("REST has another"), "{text}");
    }
    let text = plain(&Failure::of_call(&Status::internal("a fault of ours"), "http://api"));
    assert!(text.starts_with("error: a fault of ours"), "{text}");
}

#[test]
fn the_watch_of_a_token_that_has_ended_is_not_tried_again_and_says_why() {
    let why = "the token of this watch was revoked or has expired; the job goes on";
    let failure = Failure::from(to_status(&Fault::new(FaultKind::Unauthenticated, why)));
    assert!(!failure.may_pass());
    assert_eq!(failure.exit_code(), 5);
    assert!(plain(&failure).contains("the job goes on"), "{}", plain(&failure));
    // A watch without a place is: another one of the token may end meanwhile.
    assert!(Failure::from(Fault::new(FaultKind::RateLimited, "x")).may_pass());
}
