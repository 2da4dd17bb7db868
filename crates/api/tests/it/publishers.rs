//! Publishers: whose commands count, for which tenant, and with which rights.

use lapin::BasicProperties;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use testkit::unique;

use crate::{
    commands::{Publisher, USER, becomes},
    world::{Answer, World, send, text},
};

fn signed() -> BasicProperties {
    BasicProperties::default().with_user_id(USER.into())
}

/// Publishes the activation of a service; returns the kind and the reason of its refusal, which changes nothing.
async fn refusal(
    world: &World,
    publisher: &Publisher,
    service: &str,
    properties: BasicProperties,
) -> (Value, String) {
    let before = world.rows().await;
    let body = json!({ "idempotency_key": "order-7", "service_id": service }).to_string();
    publisher.publish_with(properties, "service.activate", &body, "correlation-7").await;
    let event = publisher.event().await;
    assert_eq!(event["type"], "command.rejected", "{event}");
    assert_eq!(world.rows().await, before);
    (event["data"]["kind"].clone(), text(&event["data"], "reason"))
}

async fn post_as(world: &World, token: &str, path: &str, body: &Value) -> Answer {
    let request = world.bare(Method::POST, path).bearer_auth(token).json(body);
    send(request.header("Idempotency-Key", unique("key"))).await
}

fn deletion(world: &World, path: &str) -> RequestBuilder {
    world.request(Method::DELETE, path).header("Idempotency-Key", unique("key"))
}

/// The tenants of the dead letters, newest first.
async fn owners(world: &World) -> Vec<Option<uuid::Uuid>> {
    let owners = "SELECT tenant_id FROM dead_letters ORDER BY id DESC";
    sqlx::query_scalar(owners).fetch_all(&world.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_of_an_unknown_user_is_refused() {
    let world = World::with_broker().await;
    let publisher = Publisher::unknown(&world).await;
    let service = world.service().await;
    let (kind, reason) = refusal(&world, &publisher, &service, BasicProperties::default()).await;
    assert_eq!(kind, "unauthenticated");
    assert!(reason.starts_with("user_id: is missing"), "{reason}");
    let (kind, reason) = refusal(&world, &publisher, &service, signed()).await;
    assert_eq!(kind, "unauthenticated");
    assert!(reason.contains("praho publishers create"), "{reason}");
    assert_eq!(owners(&world).await, [None, None], "the platform's, whatever service is named");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_acts_for_its_own_tenant_only_and_until_it_is_deleted() {
    let world = World::with_broker().await;
    world.dns_server().await;
    world.server(10).await;
    let service = world.service().await;
    let stranger = world.foreign_token().await;
    let tenants = world.get("/tokens").await.body;
    let own = text(&tenants["tokens"][0], "tenant_id");
    let foreign = "SELECT id::text FROM tenants WHERE name LIKE 'stranger%'";
    let foreign: String = sqlx::query_scalar(foreign).fetch_one(&world.pool).await.unwrap();
    let publisher = Publisher::unknown(&world).await;

    let order = json!({ "user_name": USER, "tenant_id": foreign, "role": "operator" });
    let denied = post_as(&world, &stranger, "/publishers", &order).await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN, "for the platform's owners");
    assert_eq!(world.post("/publishers", order).await.status, StatusCode::CREATED);
    let (kind, reason) = refusal(&world, &publisher, &service, signed()).await;
    assert_eq!((kind, reason), (json!("not_found"), format!("there is no service {service}")));
    assert_eq!(owners(&world).await, [Some(foreign.parse().unwrap())]);

    let again = json!({ "user_name": USER, "tenant_id": own, "role": "operator" });
    let taken = world.post("/publishers", again.clone()).await;
    assert_eq!((taken.status, taken.wrong_fields()), (StatusCode::CONFLICT, vec!["user_name"]));
    let path = format!("/publishers/{USER}");
    assert_eq!(world.get(&path).await.body["tenant_id"], json!(foreign));
    assert_eq!(send(deletion(&world, &path)).await.status, StatusCode::OK);
    assert_eq!(world.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.post("/publishers", again).await.status, StatusCode::CREATED);
    let listed = world.get("/publishers").await.body;
    assert_eq!(listed["publishers"].as_array().unwrap().len(), 1, "{listed}");

    let body = json!({ "idempotency_key": "order-8", "service_id": service }).to_string();
    publisher.publish("service.activate", &body, "correlation-8").await;
    becomes(&world, &service, "active").await;
    assert_eq!(send(deletion(&world, &path)).await.status, StatusCode::OK);
    let (kind, _) = refusal(&world, &publisher, &service, signed()).await;
    assert_eq!(kind, "unauthenticated");
    let actions =
        "SELECT string_agg(action, ' ' ORDER BY seq) FROM audit_log WHERE action LIKE 'publisher%'";
    let actions: String = sqlx::query_scalar(actions).fetch_one(&world.pool).await.unwrap();
    assert_eq!(actions, "publisher.create publisher.delete publisher.create publisher.delete");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_redriven_for_its_own_tenant_only() {
    let world = World::with_broker().await;
    let publisher = Publisher::unknown(&world).await;
    let (service, stranger) = (world.service().await, world.foreign_token().await);
    let foreign = "SELECT id::text FROM tenants WHERE name LIKE 'stranger%'";
    let foreign: String = sqlx::query_scalar(foreign).fetch_one(&world.pool).await.unwrap();
    let order = json!({ "user_name": USER, "tenant_id": foreign, "role": "operator" });
    assert_eq!(world.post("/publishers", order).await.status, StatusCode::CREATED);
    refusal(&world, &publisher, &service, signed()).await;
    let letters = world.bare(Method::GET, "/dead-letters").bearer_auth(&stranger);
    let letters = send(letters).await.body;
    let letter = text(&letters["dead_letters"][0], "id");
    let path = format!("/dead-letters/{letter}/redrive");
    let answer = post_as(&world, &stranger, &path, &json!({})).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer:?}");
    assert_eq!(world.get(&format!("/services/{service}")).await.body["status"], "created");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_broker_needs_no_publishers() {
    let settings = [("COMMANDS__TRUST_EVERY_PUBLISHER", "true")];
    let world = World::with_broker_and(&settings).await;
    world.dns_server().await;
    world.server(10).await;
    let (publisher, service) = (Publisher::unknown(&world).await, world.service().await);
    let body = json!({ "idempotency_key": "order-7", "service_id": service }).to_string();
    let plain = BasicProperties::default();
    publisher.publish_with(plain, "service.activate", &body, "correlation-7").await;
    becomes(&world, &service, "active").await;
}

#[tokio::test]
async fn a_publisher_has_a_user_and_a_role_that_commands_something() {
    let world = World::start().await;
    for (order, fields) in [
        (json!({}), vec!["user_name", "role"]),
        (json!({ "user_name": "two words", "role": "viewer" }), vec!["user_name", "role"]),
        (json!({ "user_name": "x".repeat(129), "role": "owner" }), vec!["user_name"]),
    ] {
        let answer = world.post("/publishers", order).await;
        assert_eq!((answer.status, answer.wrong_fields()), (StatusCode::BAD_REQUEST, fields));
    }
}
