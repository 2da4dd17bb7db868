//! Idempotency: one intent has one effect.

use api::operations::OPERATIONS;
use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;
use testkit::eventually;

use crate::world::{World, id, send, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_gets_the_first_answer_and_changes_nothing() {
    let world = World::start().await;
    world.dns_server().await;
    world.server(10).await;
    let service = world.service().await;
    let path = format!("/services/{service}/activate");
    let first = world.post_once("order-7", &path, json!({})).await;
    let before = world.rows().await;
    let second = world.post_once("order-7", &path, json!({})).await;
    assert_eq!((second.status, &second.body), (StatusCode::ACCEPTED, &first.body));
    assert_eq!(second.header("location"), first.header("location"));
    assert_eq!(world.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_by_the_old_name_is_answered_alike() {
    let world = World::start().await;
    let (plan, server, dns) =
        (world.plan().await, world.server(10).await, world.dns_server().await);
    for path in
        [format!("/plans/{plan}"), format!("/servers/{server}"), format!("/dns-servers/{dns}")]
    {
        let name = text(&world.get(&path).await.body, "name");
        let (collection, _) = path.rsplit_once('/').unwrap();
        let rename = || {
            let request = world.request(Method::PATCH, &format!("{collection}/{name}"));
            send(request.header("Idempotency-Key", collection).json(&json!({ "name": "renamed" })))
        };
        let first = rename().await;
        assert_eq!(first.status, StatusCode::OK, "{first:?}");
        assert_eq!(rename().await.body, first.body, "{collection}");
        assert_eq!(world.get(&path).await.body["name"], "renamed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_equal_requests_at_once_have_one_effect() {
    let world = World::start().await;
    let answers =
        join_all((0..10).map(async |_| {
            id(&world.post_once("one", "/plans", json!({ "name": "starter" })).await)
        }))
        .await;
    assert!(answers.iter().all(|it| it == &answers[0]), "{answers:?}");
    assert_eq!(world.number("SELECT count(*) FROM plans").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_good_for_one_request_only() {
    let world = World::start().await;
    id(&world.post_once("order-7", "/plans", json!({ "name": "starter" })).await);
    let before = world.rows().await;
    let other = world.post_once("order-7", "/plans", json!({ "name": "other" })).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "{other:?}");
    assert_eq!(other.wrong_fields(), ["request_id"]);
    assert!(text(&other.body, "detail").contains("Idempotency-Key"), "{other:?}");
    let other = world
        .post_once("order-7", "/jobs/0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f/retry", json!({}))
        .await;
    assert_eq!(other.status, StatusCode::NOT_FOUND, "looked for before the key");
    assert_eq!(world.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_post_needs_a_key() {
    let world = World::start().await;
    let before = world.rows().await;
    let body = json!({ "name": "starter", "request_id": "in the body" });
    let answer = send(world.request(Method::POST, "/plans").json(&body)).await;
    assert_eq!(
        (answer.status, answer.wrong_fields()),
        (StatusCode::BAD_REQUEST, vec!["Idempotency-Key"])
    );
    assert_eq!(world.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_during_the_first_request_is_refused_until_later() {
    let world = World::start().await;
    // The lock blocks every insertion of a plan until this transaction ends.
    let mut blocker = world.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE plans IN EXCLUSIVE MODE").execute(&mut *blocker).await.unwrap();
    let body = || json!({ "name": "starter" });
    let first = world.post_once("order-7", "/plans", body());
    let second = async {
        let waits = "SELECT count(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND wait_event_type = 'Lock'";
        eventually("the first waits", async || (world.number(waits).await > 0).then_some(())).await;
        let second = world.post_once("order-7", "/plans", body()).await;
        blocker.rollback().await.unwrap();
        second
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!((second.status, second.wrong_fields()), (StatusCode::CONFLICT, vec!["request_id"]));
    assert_eq!(second.header("retry-after"), "1");
    assert_eq!(second.body["type"], "urn:praho:problem:busy");
    let first = id(&first);
    assert_eq!(id(&world.post_once("order-7", "/plans", body()).await), first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_not_kept() {
    let world = World::start().await;
    let service = world.service().await;
    let path = format!("/services/{service}/activate");
    assert_eq!(world.post_once("order-7", &path, json!({})).await.status, StatusCode::CONFLICT);
    world.dns_server().await;
    world.server(10).await;
    assert_eq!(world.post_once("order-7", &path, json!({})).await.status, StatusCode::ACCEPTED);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_key_is_an_error_and_not_a_new_intent() {
    let world = World::start().await;
    let before = world.rows().await;
    let writes = OPERATIONS.iter().filter(|it| it.method != Method::GET);
    for operation in writes {
        for key in ["", "  ", "\"\""] {
            let request = world.request(operation.method.clone(), operation.path);
            let answer = send(request.header("Idempotency-Key", key).json(&json!({}))).await;
            let told = (answer.status, answer.wrong_fields());
            assert_eq!(told, (StatusCode::BAD_REQUEST, vec!["Idempotency-Key"]), "{operation:?}");
        }
    }
    let twice = world.intent("/plans").header("Idempotency-Key", "order-7");
    let twice = send(twice.json(&json!({ "name": "starter" }))).await;
    assert_eq!(twice.wrong_fields(), ["Idempotency-Key"]);
    assert_eq!(world.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_may_be_quoted_and_must_be_visible() {
    let world = World::start().await;
    let body = json!({ "name": "starter" });
    let first = id(&world.post_once("\"order-7\"", "/plans", body.clone()).await);
    assert_eq!(id(&world.post_once("order-7", "/plans", body.clone()).await), first);
    let spaced = world.request(Method::POST, "/plans").header("Idempotency-Key", "two words");
    assert_eq!(send(spaced.json(&body)).await.wrong_fields(), ["request_id"]);
    let long = world.post_once(&"x".repeat(256), "/plans", body).await;
    assert_eq!((long.status, long.wrong_fields()), (StatusCode::BAD_REQUEST, vec!["request_id"]));
}
