//! Every kind of fault.

use std::time::Duration;

use reqwest::StatusCode;
use simulators::virtualmin::{EffectKind, Fault, FaultKind};

use super::client::Panel;

const CREATE: &str = "program=create-domain&json=1&domain=a.test&pass=x&unix=&dir=";

/// A panel on which the next creation fails.
async fn panel(kind: FaultKind) -> Panel {
    let panel = Panel::start().await;
    panel.simulator.inject("create-domain", Fault::once(kind));
    panel
}

async fn nothing_was_done_and_the_next_call_goes_well(panel: &Panel) {
    assert!(panel.simulator.effects().is_empty());
    panel.succeed(CREATE).await;
    assert_eq!(panel.simulator.effects().len(), 1);
    assert_eq!(panel.simulator.calls("create-domain"), 2);
}

#[tokio::test]
async fn a_hanging_call_is_never_answered() {
    let panel = panel(FaultKind::Hang).await;
    let request = panel.post(CREATE).timeout(Duration::from_millis(300));
    assert!(request.send().await.unwrap_err().is_timeout());
    nothing_was_done_and_the_next_call_goes_well(&panel).await;
}

#[tokio::test]
async fn a_stalled_call_sends_headers_and_no_body() {
    let panel = panel(FaultKind::Stall).await;
    let request = panel.post(CREATE).timeout(Duration::from_millis(300));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.text().await.unwrap_err().is_timeout());
    nothing_was_done_and_the_next_call_goes_well(&panel).await;
}

#[tokio::test]
async fn an_error_status_and_an_html_page_do_nothing() {
    let panel = panel(FaultKind::Status { status: 503 }).await;
    assert_eq!(panel.answer(panel.post(CREATE)).await.0, StatusCode::SERVICE_UNAVAILABLE);
    nothing_was_done_and_the_next_call_goes_well(&panel).await;

    let panel = self::panel(FaultKind::HtmlPage).await;
    let (status, content_type, _) = panel.answer(panel.post(CREATE)).await;
    assert_eq!((status, content_type.as_str()), (StatusCode::OK, "text/html; Charset=UTF-8"));
    nothing_was_done_and_the_next_call_goes_well(&panel).await;
}

#[tokio::test]
async fn an_answer_lost_before_the_effect_leaves_nothing() {
    let panel = panel(FaultKind::LostBeforeEffect).await;
    panel.post(CREATE).send().await.unwrap_err();
    nothing_was_done_and_the_next_call_goes_well(&panel).await;
}

#[tokio::test]
async fn an_answer_lost_after_the_effect_leaves_it() {
    let panel = panel(FaultKind::LostAfterEffect).await;
    panel.post(CREATE).send().await.unwrap_err();
    assert_eq!(panel.simulator.effects_on("a.test").len(), 1);
    assert_eq!(panel.fail(CREATE).await, "You are already hosting this domain");
}

#[tokio::test]
async fn a_success_without_effect_looks_like_one_with() {
    let panel = panel(FaultKind::SuccessWithoutEffect).await;
    let lie = panel.succeed(CREATE).await;
    assert!(panel.simulator.domains().is_empty());
    assert_eq!(panel.succeed(CREATE).await, lie);
    assert_eq!(panel.simulator.effects().len(), 1);
}

#[tokio::test]
async fn a_failure_has_the_text_it_was_given() {
    let panel = panel(FaultKind::Failure { error: "Disk quota exceeded".into() }).await;
    assert_eq!(panel.fail(CREATE).await, "Disk quota exceeded");
    nothing_was_done_and_the_next_call_goes_well(&panel).await;
}

#[tokio::test]
async fn a_truncated_answer_is_no_json_and_the_effect_is_real() {
    let panel = panel(FaultKind::TruncatedBody).await;
    let (status, _, body) = panel.answer(panel.post(CREATE)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.starts_with("{\n"));
    assert!(serde_json::from_str::<serde_json::Value>(&body).is_err());
    assert_eq!(panel.simulator.effects_on("a.test").len(), 1);
}

#[tokio::test]
async fn a_fault_for_one_domain_spares_the_others() {
    let panel = Panel::start().await;
    let failure = FaultKind::Failure { error: "no".into() };
    panel.simulator.inject("*", Fault::always(failure).on("b.test"));
    panel.succeed(CREATE).await;
    assert_eq!(panel.fail("program=delete-domain&domain=b.test").await, "no");
    assert_eq!(panel.simulator.faults()[0].hit, 1);
    panel.simulator.clear_faults();
    assert_ne!(panel.fail("program=delete-domain&domain=b.test").await, "no");
}

#[tokio::test]
async fn overlapping_mutations_damage_each_other_only_when_told_to() {
    let panel = Panel::start().await;
    panel.succeed(CREATE).await;
    panel.succeed("program=create-domain&domain=b.test&pass=x&unix=&dir=").await;
    panel.succeed("program=disable-domain&domain=a.test").await;
    panel.simulator.set_latency("modify-domain", Duration::from_millis(300));
    let both = async || {
        let modify = |domain| format!("program=modify-domain&domain={domain}&quota=1000");
        let (a, b) = (modify("a.test"), modify("b.test"));
        tokio::join!(panel.succeed(&a), panel.succeed(&b));
    };
    assert_eq!(panel.simulator.mutations_at_once(), 1);
    both().await;
    assert_eq!(panel.simulator.mutations_at_once(), 2);
    assert!(panel.simulator.domains().iter().all(|server| !server.corrupt));

    panel.simulator.inject("*", Fault::always(FaultKind::OverlapCorrupts));
    panel.succeed("program=modify-domain&domain=a.test&quota=2000").await;
    assert!(panel.simulator.domain("a.test").unwrap().disabled.is_some());
    both().await;
    for domain in ["a.test", "b.test"] {
        let server = panel.simulator.domain(domain).unwrap();
        assert!(server.corrupt && server.disabled.is_none(), "{domain}");
        let last = panel.simulator.effects_on(domain).pop().unwrap();
        assert_eq!(last.kind, EffectKind::Corrupted);
    }
}

#[tokio::test]
async fn a_client_that_leaves_does_not_stop_the_program() {
    let panel = Panel::start().await;
    panel.simulator.set_latency("*", Duration::from_millis(300));
    let request = panel.post(CREATE).timeout(Duration::from_millis(100));
    let answer = async { request.send().await?.text().await };
    assert!(answer.await.unwrap_err().is_timeout());
    testkit::eventually("the abandoned creation", async || panel.simulator.domain("a.test")).await;
}
