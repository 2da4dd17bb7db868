//! Quotas of tenants: each is reached, refused by name, and raised.

use std::collections::BTreeMap;

use contracts::{
    provisioning::v1::{
        CreatePlanRequest, SetTenantQuotasRequest, plans_client::PlansClient,
        tenants_client::TenantsClient,
    },
    status::from_status,
};
use futures_util::future::join_all;
use model::fault::FaultReason;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::{eventually, unique};
use tonic::Code;

use crate::{
    grpc::{channel, with_token},
    world::{Answer, World, dns_server, finish_job, id, send, server, text},
};

/// Asserts that a call was refused for a quota, and not as one that passes by itself.
fn assert_refused(answer: &Answer, quota: &str, number: u32) {
    assert_eq!(answer.status, StatusCode::CONFLICT, "{quota}: {answer:?}");
    assert_eq!(answer.body["type"], "urn:praho:problem:over_quota");
    assert_eq!(answer.body["reason"], "quota_reached");
    assert_eq!(answer.header("retry-after"), "", "{quota}");
    let detail = text(&answer.body, "detail");
    assert!(detail.starts_with(&format!("the tenant's quota {quota} is {number},")), "{detail}");
    assert!(detail.contains("praho tenants quotas set"), "{detail}");
}

/// Sets quotas of the world's tenant.
async fn set(world: &World, quotas: Value) -> Answer {
    let request = world.request(Method::PATCH, "/tenants/demo/quotas");
    send(request.header("Idempotency-Key", unique("key")).json(&quotas)).await
}

/// The quotas in an answer, by name.
fn by_name(answer: &Answer) -> BTreeMap<String, Value> {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let quotas = answer.body["quotas"].as_array().unwrap();
    quotas.iter().map(|it| (text(it, "name"), it.clone())).collect()
}

/// The path and a new body of each thing that is made rarely, by its quota.
fn made_rarely() -> [(&'static str, &'static str, Value); 4] {
    [
        ("plans", "/plans", json!({ "name": unique("plan") })),
        ("servers", "/servers", server(10)),
        ("dns_servers", "/dns-servers", dns_server()),
        ("tokens", "/tokens", json!({ "name": unique("token"), "role": "viewer" })),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_rarely_is_refused_beyond_its_quota_and_made_once_that_is_raised() {
    let world = World::with(&[
        ("QUOTAS__PLANS", "1"),
        ("QUOTAS__SERVERS", "1"),
        ("QUOTAS__DNS_SERVERS", "1"),
        ("QUOTAS__TOKENS", "2"),
    ])
    .await;
    for (quota, path, body) in made_rarely() {
        let (key, number) = (unique("key"), if quota == "tokens" { 2 } else { 1 });
        let made = world.post_once(&key, path, body.clone()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        let (_, _, another) = made_rarely().into_iter().find(|it| it.0 == quota).unwrap();
        let rows = world.rows().await;
        assert_refused(&world.post(path, another.clone()).await, quota, number);
        assert_eq!(world.rows().await, rows, "{quota}: a refusal changes nothing");
        if quota != "tokens" {
            let repeated = world.post_once(&key, path, body).await;
            assert_eq!(repeated.body, made.body, "a repeat makes nothing");
        }
        set(&world, json!({ (quota): number + 1 })).await;
        let more = world.post(path, another).await;
        assert_eq!(more.status, StatusCode::CREATED, "{more:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_plan_and_a_revoked_token_make_room() {
    let world = World::with(&[("QUOTAS__PLANS", "1"), ("QUOTAS__TOKENS", "2")]).await;
    for (path, end, method) in
        [("/plans", "", Method::DELETE), ("/tokens", "/revoke", Method::POST)]
    {
        let body = || json!({ "name": unique("thing"), "role": "viewer" });
        let body = || if path == "/plans" { json!({ "name": unique("plan") }) } else { body() };
        let made = world.post(path, body()).await;
        let thing = if path == "/plans" { &made.body } else { &made.body["token"] };
        assert_eq!(world.post(path, body()).await.status, StatusCode::CONFLICT);
        let end = world.request(method.clone(), &format!("{path}/{}{end}", text(thing, "id")));
        let ended = send(end.header("Idempotency-Key", unique("key"))).await;
        assert_eq!(ended.status, StatusCode::OK, "{ended:?}");
        assert_eq!(world.post(path, body()).await.status, StatusCode::CREATED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_get_the_free_places_and_no_more() {
    let world = World::with(&[("QUOTAS__PLANS", "4"), ("QUOTAS__SERVICES", "3")]).await;
    let plan = world.plan().await;
    let plans = (0..12).map(|_| world.post("/plans", json!({ "name": unique("plan") })));
    let service = || json!({ "plan_id": plan, "domain": format!("{}.example", unique("site")) });
    let services = (0..12).map(|_| world.post("/services", service()));
    let (plans, services) = tokio::join!(join_all(plans), join_all(services));
    for (quota, number, answers) in [("plans", 4, plans), ("services", 3, services)] {
        let (made, refused): (Vec<_>, Vec<_>) =
            answers.iter().partition(|it| it.status == StatusCode::CREATED);
        assert_eq!(made.len(), 3, "{quota}");
        refused.iter().for_each(|it| assert_refused(it, quota, number));
    }
    assert_eq!(world.number("SELECT count(*) FROM plans").await, 4);
    assert_eq!(world.number("SELECT count(*) FROM services").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminated_service_makes_room_for_another() {
    let world = World::with(&[("QUOTAS__SERVICES", "1")]).await;
    let plan = world.plan().await;
    let service = || json!({ "plan_id": plan, "domain": format!("{}.example", unique("site")) });
    let first = id(&world.post("/services", service()).await);
    assert_refused(&world.post("/services", service()).await, "services", 1);
    let ended = world.post(&format!("/services/{first}/terminate"), json!({})).await;
    assert!(ended.status.is_success(), "{ended:?}");
    assert_eq!(world.post("/services", service()).await.status, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_with_too_many_open_jobs_asks_for_no_more() {
    let world = World::with(&[("QUOTAS__OPEN_JOBS", "1")]).await;
    let first = world.server(10).await;
    assert_refused(&world.post("/servers", server(10)).await, "open_jobs", 1);
    let job = text(&world.get("/jobs").await.body["jobs"][0], "id");
    let retried =
        world.post("/jobs/retry", json!({ "status": "failed", "since_seconds": 60 })).await;
    assert_eq!(retried.status, StatusCode::OK, "there is none to restart: {retried:?}");
    finish_job(&world, &job, "failed").await;
    // The number is an estimate, which is counted anew after a second.
    let made = eventually("a place is free", async || {
        let path = format!("/jobs/{job}/retry");
        Some(world.post(&path, json!({})).await).filter(|it| it.status.is_success())
    });
    made.await;
    let other = world.post("/dns-servers", dns_server()).await;
    assert_eq!(other.status, StatusCode::CREATED, "it needs no job");
    assert_refused(&world.post("/servers", server(10)).await, "open_jobs", 1);
    set(&world, json!({ "open_jobs": 2 })).await;
    let more = world.post("/servers", server(10)).await;
    assert_eq!(more.status, StatusCode::CREATED, "{first}: {more:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_tokens_of_a_tenant_share_its_calls() {
    let world = World::with(&[
        ("RATE_LIMIT__REQUESTS", "3"),
        ("RATE_LIMIT__WINDOW_SECONDS", "3600"),
        ("QUOTAS__REQUESTS", "4"),
    ])
    .await;
    let (viewer, stranger) = (world.token("viewer").await, world.foreign_token().await);
    let call = async |token: &str| send(world.bare(Method::GET, "/plans").bearer_auth(token)).await;
    for _ in 0..3 {
        assert_eq!(call(&viewer).await.status, StatusCode::OK);
    }
    let of_token = call(&viewer).await;
    assert!(text(&of_token.body, "detail").contains("with this token"), "{of_token:?}");
    assert_eq!(of_token.header("ratelimit-policy"), "\"token\";q=3;w=3600");
    // The refused call took none from the tenant.
    assert_eq!(world.get("/plans").await.status, StatusCode::OK);
    let refused = world.get("/plans").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.body["type"], "urn:praho:problem:rate_limited");
    assert_eq!(refused.body["reason"], "quota_reached");
    assert_eq!(refused.header("ratelimit-policy"), "\"tenant\";q=4;w=3600");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((3000..=3600).contains(&wait), "{wait}");
    assert!(text(&refused.body, "detail").starts_with("the tenant's quota requests is 4,"));
    assert_eq!(call(&stranger).await.status, StatusCode::OK, "another tenant");

    // Its own token is over both limits, so another process would have to raise it: the row counts at once.
    world.execute(
        "INSERT INTO tenant_quotas (tenant_id, requests) SELECT tenant_id, 6 FROM api_tokens WHERE id = $1",
        &bootstrap(&world).await,
    )
    .await;
    assert_eq!(world.get("/plans").await.status, StatusCode::OK);
}

async fn bootstrap(world: &World) -> String {
    let token = "SELECT id::text FROM api_tokens WHERE name = 'bootstrap'";
    sqlx::query_scalar(token).fetch_one(&world.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn quotas_are_shown_with_their_use_and_go_back_to_the_default() {
    let world = World::with(&[("QUOTAS__PLANS", "3"), ("RATE_LIMIT__REQUESTS", "100")]).await;
    for _ in 0..2 {
        world.plan().await;
    }
    let before = by_name(&world.get("/tenants/demo/quotas").await);
    let plans =
        json!({ "name": "plans", "quota": 3, "is_default": true, "used": 2, "uses_more": false });
    assert_eq!(before["plans"], plans);
    assert_eq!(before["tokens"]["used"], 1);
    assert_eq!(
        (&before["servers"]["quota"], &before["services"]["quota"]),
        (&json!(1000), &json!(1_000_000))
    );
    assert_eq!(
        (&before["requests"]["quota"], &before["requests"]["used"]),
        (&json!(1000), &Value::Null)
    );

    let after = by_name(&set(&world, json!({ "plans": 1, "servers": 5 })).await);
    let plans =
        json!({ "name": "plans", "quota": 1, "is_default": false, "used": 1, "uses_more": true });
    assert_eq!(after["plans"], plans);
    assert_eq!((&after["servers"]["quota"], &after["tokens"]), (&json!(5), &before["tokens"]));
    assert_refused(&world.post("/plans", json!({ "name": "third" })).await, "plans", 1);

    let back = by_name(&set(&world, json!({ "to_default": ["plans"], "servers": 6 })).await);
    assert_eq!(back["plans"], before["plans"]);
    assert_eq!(back["servers"]["quota"], 6);
    let audited =
        "SELECT detail FROM audit_log WHERE action = 'tenant.quotas' ORDER BY seq DESC LIMIT 1";
    let audited: Value = sqlx::query_scalar(audited).fetch_one(&world.pool).await.unwrap();
    let expected = json!({ "plans": null, "servers": 6, "client_address": "127.0.0.1" });
    assert_eq!(audited, expected);
    set(&world, json!({ "servers": 6 })).await;
    let changes = "SELECT count(*) FROM audit_log WHERE action = 'tenant.quotas'";
    assert_eq!(world.number(changes).await, 2, "the last one changed nothing");

    for (wrong, field) in [
        (json!({ "plans": 1, "to_default": ["plans"] }), "to_default"),
        (json!({ "to_default": ["bananas"] }), "to_default"),
        (json!({ "requests": 0 }), "requests"),
        (json!({ "services": 1_000_000_001 }), "services"),
    ] {
        let answer = set(&world, wrong).await;
        assert_eq!((answer.status, answer.wrong_fields()), (StatusCode::BAD_REQUEST, vec![field]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_sees_its_own_quotas_and_sets_none() {
    let world = World::start().await;
    let stranger = world.foreign_token().await;
    let get = async |path: &str, token: &str| {
        send(world.bare(Method::GET, path).bearer_auth(token)).await.status
    };
    let own = "SELECT name FROM tenants WHERE name <> 'demo'";
    let own: String = sqlx::query_scalar(own).fetch_one(&world.pool).await.unwrap();
    let own = format!("/tenants/{own}/quotas");
    assert_eq!(get(&own, &stranger).await, StatusCode::OK);
    assert_eq!(get("/tenants/demo/quotas", &stranger).await, StatusCode::NOT_FOUND);
    assert_eq!(get(&own, &world.token).await, StatusCode::OK, "the platform's owner");
    assert_eq!(
        get("/tenants/demo/quotas", &world.token("admin").await).await,
        StatusCode::FORBIDDEN
    );
    let set = world.bare(Method::PATCH, &own).bearer_auth(&stranger);
    let set = set.header("Idempotency-Key", unique("key")).json(&json!({ "plans": 9 }));
    assert_eq!(send(set).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn grpc_tells_a_quota_from_a_rate_limit() {
    let world = World::start().await;
    let mut tenants = TenantsClient::new(channel(&world).await);
    let none = SetTenantQuotasRequest {
        request_id: unique("request"),
        id: "demo".to_owned(),
        plans: Some(0),
        ..SetTenantQuotasRequest::default()
    };
    tenants.set_tenant_quotas(with_token(none, &world.token)).await.unwrap();
    let mut plans = PlansClient::new(channel(&world).await);
    let request = CreatePlanRequest { name: "starter".to_owned(), ..CreatePlanRequest::default() };
    let refused = plans.create_plan(with_token(request, &world.token)).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    let fault = from_status(&refused);
    assert_eq!((fault.reason, fault.retry_after_seconds), (Some(FaultReason::QuotaReached), None));
    assert!(!fault.kind.is_transient());
}
