//! Dead letters: visible to their tenant, redriven or discarded.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::eventually;

use crate::{
    commands::Publisher,
    world::{World, finish_job, send, text},
};

/// Fails a suspension and writes its dead letter as the engine does; returns the job and the letter.
pub(crate) async fn failed(world: &World) -> (String, String) {
    let (service, _) = world.active_service().await;
    let answer = world.post(&format!("/services/{service}/suspend"), json!({})).await;
    let job = text(&answer.body["job"], "id");
    finish_job(world, &job, "failed").await;
    world
        .execute(
            "INSERT INTO dead_letters (id, queue, job_id, tenant_id, reason)
             SELECT gen_random_uuid(), 'praho.jobs.provisioning', id, tenant_id, 'step disable failed for good'
             FROM jobs WHERE id = $1",
            &job,
        )
        .await;
    let letter = only(world, "").await;
    assert_eq!((&letter["job_id"], &letter["redrivable"]), (&json!(job), &json!(true)));
    (job, text(&letter, "id"))
}

/// The only dead letter that a query returns.
async fn only(world: &World, query: &str) -> Value {
    eventually("a dead letter", async || {
        let list = world.get(&format!("/dead-letters{query}")).await.body;
        let letters = list["dead_letters"].as_array().unwrap();
        assert!(letters.len() < 2, "{list}");
        letters.first().cloned()
    })
    .await
}

async fn count(world: &World, query: &str) -> usize {
    let list = world.get(&format!("/dead-letters{query}")).await.body;
    list["dead_letters"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_job_is_redriven_once() {
    let world = World::start().await;
    let (job, letter) = failed(&world).await;
    let path = format!("/dead-letters/{letter}/redrive");
    let redriven = world.post_once("key-1", &path, json!({})).await;
    assert_eq!(redriven.status, StatusCode::ACCEPTED, "{redriven:?}");
    assert_eq!(redriven.header("location"), format!("/api/v1/jobs/{job}"));
    assert_eq!(redriven.body["job"]["status"], "pending");
    assert_eq!(redriven.body["dead_letter"]["status"], "redriven");
    assert!(text(&redriven.body["dead_letter"], "resolved_by").starts_with("token:"));
    assert_eq!(
        world.get(&format!("/dead-letters/{letter}")).await.body,
        redriven.body["dead_letter"]
    );
    let again = world.post_once("key-1", &path, json!({})).await;
    assert_eq!((again.status, &again.body), (StatusCode::ACCEPTED, &redriven.body));
    assert_eq!(world.post(&path, json!({})).await.status, StatusCode::CONFLICT);
    let discard = world.post(&format!("/dead-letters/{letter}/discard"), json!({})).await;
    assert_eq!(discard.status, StatusCode::CONFLICT);
    assert_eq!(
        (count(&world, "?status=open").await, count(&world, "?status=redriven").await),
        (0, 1)
    );
    let audited =
        "SELECT count(*) FROM audit_log WHERE action IN ('dead_letter.redrive', 'job.retry')";
    assert_eq!(world.number(audited).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_retried_settles_its_letter() {
    let world = World::start().await;
    let (job, _) = failed(&world).await;
    assert_eq!(
        world.post(&format!("/jobs/{job}/retry"), json!({})).await.status,
        StatusCode::ACCEPTED
    );
    assert_eq!(
        (count(&world, "?status=open").await, count(&world, "?status=redriven").await),
        (0, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_cannot_start_again_leaves_its_letter_open() {
    let world = World::start().await;
    let (job, letter) = failed(&world).await;
    world.execute("UPDATE jobs SET parent_id = id WHERE id = $1", &job).await;
    let refused = world.post(&format!("/dead-letters/{letter}/redrive"), json!({})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(text(&refused.body, "detail").contains("parent_id"), "{refused:?}");
    assert_eq!(count(&world, "?status=open").await, 1);
    for _ in 0..2 {
        let discarded = world.post(&format!("/dead-letters/{letter}/discard"), json!({})).await;
        assert_eq!(
            (discarded.status, &discarded.body["status"]),
            (StatusCode::OK, &json!("discarded"))
        );
    }
    assert_eq!(
        world.number("SELECT count(*) FROM audit_log WHERE action = 'dead_letter.discard'").await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_command_is_executed_once_it_is_possible() {
    let world = World::with_broker().await;
    let service = world.service().await;
    let publisher = Publisher::new(&world).await;
    let body = json!({ "idempotency_key": "order-7", "service_id": service });
    publisher.publish("service.activate", &body.to_string(), "correlation-7").await;
    let letter = only(&world, "?queue=praho.commands&status=open").await;
    assert_eq!(letter["routing_key"], "service.activate");
    assert_eq!((&letter["redrivable"], &letter["job_id"]), (&json!(true), &json!("")));
    let path = format!("/dead-letters/{}/redrive", text(&letter, "id"));
    let early = world.post_once("key-1", &path, json!({})).await;
    assert_eq!(early.status, StatusCode::CONFLICT, "{early:?}");
    assert_eq!(count(&world, "?status=open").await, 1);

    world.dns_server().await;
    world.server(10).await;
    let operator = world.token("operator").await;
    let request = world.bare(Method::POST, &path).bearer_auth(&operator);
    let redriven = send(request.header("Idempotency-Key", "key-2")).await;
    assert_eq!(redriven.status, StatusCode::ACCEPTED, "{redriven:?}");
    assert_eq!(redriven.body["job"]["kind"], "account.provision");
    assert!(text(&redriven.body["job"], "actor").starts_with("token:"));
    assert_eq!(redriven.body["dead_letter"]["status"], "redriven");
    assert_eq!(world.get(&format!("/services/{service}")).await.body["status"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_without_a_tenant_are_settled_by_the_platforms_tenant() {
    let world = World::with_broker().await;
    let publisher = Publisher::new(&world).await;
    publisher.publish("service.activate", "garbage", "correlation-7").await;
    let letter = only(&world, "").await;
    assert_eq!(
        (&letter["redrivable"], &letter["routing_key"]),
        (&json!(false), &json!("service.activate"))
    );
    let id = text(&letter, "id");
    let foreign = world.foreign_token().await;
    let list = send(world.bare(Method::GET, "/dead-letters").bearer_auth(&foreign)).await;
    assert_eq!(list.body["dead_letters"], json!([]));
    for verb in ["redrive", "discard"] {
        let request = world.bare(Method::POST, &format!("/dead-letters/{id}/{verb}"));
        let request = request.bearer_auth(&foreign).header("Idempotency-Key", verb);
        assert_eq!(send(request).await.status, StatusCode::NOT_FOUND);
    }
    let refused = world.post(&format!("/dead-letters/{id}/redrive"), json!({})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(text(&refused.body, "detail").contains("discard"), "{refused:?}");
    let discarded = world.post(&format!("/dead-letters/{id}/discard"), json!({})).await;
    assert_eq!(discarded.body["status"], "discarded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_refuses_an_unknown_status() {
    let world = World::start().await;
    let answer = world.get("/dead-letters?status=lost&page_size=1001").await;
    assert_eq!(answer.wrong_fields(), ["page_size"]);
    assert_eq!(world.get("/dead-letters?status=lost").await.wrong_fields(), ["status"]);
}
