//! Suspension, unsuspension and termination.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{Answer, World, finish_job, send, text};

async fn ask(world: &World, service: &str, verb: &str) -> Answer {
    world.post(&format!("/services/{service}/{verb}"), json!({})).await
}

async fn unprotect(world: &World, account: &str) {
    let request = world.request(Method::PUT, &format!("/accounts/{account}/protection"));
    let answer = send(request.json(&json!({ "protected": false }))).await;
    assert_eq!((answer.status, &answer.body["protected"]), (StatusCode::OK, &json!(false)));
}

fn kind(answer: &Answer) -> &Value {
    &answer.body["job"]["kind"]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_suspended_and_unsuspended() {
    let world = World::start().await;
    let (service, account) = world.active_service().await;
    let body = json!({ "reason": "unpaid invoice 7" });
    let answer = world.post(&format!("/services/{service}/suspend"), body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    assert_eq!(kind(&answer), "account.suspend");
    assert_eq!(answer.body["service"]["status"], "suspended");
    assert_eq!(answer.body["account"]["status"], "active", "until the job has done it");
    let reason =
        world.number("SELECT count(*) FROM jobs WHERE payload->>'reason' = 'unpaid invoice 7'");
    assert_eq!(reason.await, 1);

    let again = ask(&world, &service, "suspend").await;
    assert_eq!((again.status, &again.body["job"]), (StatusCode::OK, &json!(null)));
    let refused = ask(&world, &service, "activate").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(text(&refused.body, "detail").contains("unsuspend"), "{refused:?}");

    finish_job(&world, &text(&answer.body["job"], "id"), "completed").await;
    world.execute("UPDATE accounts SET status = 'suspended' WHERE id = $1", &account).await;
    let answer = ask(&world, &service, "unsuspend").await;
    assert_eq!((answer.status, kind(&answer)), (StatusCode::ACCEPTED, &json!("account.unsuspend")));
    assert_eq!(answer.body["service"]["status"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_job_has_failed_gets_a_new_job() {
    let world = World::start().await;
    let (service, _) = world.active_service().await;
    let first = ask(&world, &service, "suspend").await;
    finish_job(&world, &text(&first.body["job"], "id"), "failed").await;
    let second = ask(&world, &service, "suspend").await;
    assert_eq!((second.status, kind(&second)), (StatusCode::ACCEPTED, &json!("account.suspend")));
    assert_ne!(text(&second.body["job"], "id"), text(&first.body["job"], "id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_account_is_not_terminated() {
    let world = World::start().await;
    let (service, account) = world.active_service().await;
    let before = world.rows().await;
    let refused = ask(&world, &service, "terminate").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(text(&refused.body, "detail").contains("SetAccountProtection"), "{refused:?}");
    assert_eq!(world.rows().await, before);
    assert_eq!(world.get(&format!("/services/{service}")).await.body["status"], "active");

    unprotect(&world, &account).await;
    let answer = ask(&world, &service, "terminate").await;
    assert_eq!((answer.status, kind(&answer)), (StatusCode::ACCEPTED, &json!("account.terminate")));
    let again = ask(&world, &service, "terminate").await;
    assert_eq!((again.status, &again.body["job"]), (StatusCode::OK, &json!(null)));
    for verb in ["suspend", "unsuspend", "activate"] {
        assert_eq!(ask(&world, &service, verb).await.status, StatusCode::CONFLICT, "{verb}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_never_ran_can_be_neither_suspended_nor_unsuspended() {
    let world = World::start().await;
    let service = world.service().await;
    let before = world.rows().await;
    for verb in ["suspend", "unsuspend"] {
        let answer = ask(&world, &service, verb).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{verb}");
        assert!(text(&answer.body, "detail").contains("the service is created"), "{answer:?}");
    }
    for reason in ["two\nlines".to_owned(), "x".repeat(201)] {
        let path = format!("/services/{service}/suspend");
        let answer = world.post(&path, json!({ "reason": reason })).await;
        assert_eq!(
            (answer.status, answer.wrong_fields()),
            (StatusCode::BAD_REQUEST, vec!["reason"])
        );
    }
    assert_eq!(world.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_never_ran_is_terminated_and_frees_its_domain() {
    let world = World::start().await;
    let service = world.service().await;
    let made = world.get(&format!("/services/{service}")).await.body;
    let answer = ask(&world, &service, "terminate").await;
    assert_eq!((answer.status, &answer.body["job"]), (StatusCode::OK, &json!(null)));
    assert_eq!(answer.body["service"]["status"], "terminated");
    let again = json!({ "plan_id": made["plan_id"], "domain": made["domain"] });
    assert_eq!(world.post("/services", again).await.status, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_whose_account_is_lost_can_still_be_ended() {
    let world = World::start().await;
    let (service, account) = world.active_service().await;
    ask(&world, &service, "suspend").await;
    world.execute("UPDATE accounts SET status = 'failed' WHERE id = $1", &account).await;
    assert_eq!(ask(&world, &service, "unsuspend").await.status, StatusCode::CONFLICT);
    let answer = ask(&world, &service, "terminate").await;
    assert_eq!(
        (answer.status, &answer.body["service"]["status"]),
        (StatusCode::OK, &json!("terminated"))
    );
}
