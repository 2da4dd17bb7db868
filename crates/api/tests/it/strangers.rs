//! Wrong tokens: few of them reach the database, and whose they are is told.

use contracts::{
    provisioning::v1::{ListPlansRequest, plans_client::PlansClient},
    status::from_status,
};
use futures_util::{StreamExt, future::join_all, stream};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use testkit::{eventually, unique};
use tonic::Code;

use crate::{
    grpc::{channel, with_token},
    log::Log,
    world::{Answer, World, send},
};

const LIMIT: &[(&str, &str)] =
    &[("RATE_LIMIT__WRONG_TOKENS", "20"), ("RATE_LIMIT__WINDOW_SECONDS", "3600")];
/// Behind a proxy on this machine.
const PROXY: &[(&str, &str)] = &[
    ("HTTP__TRUSTED_PROXIES", "127.0.0.0/8,::1"),
    ("RATE_LIMIT__WRONG_TOKENS", "1"),
    ("RATE_LIMIT__WINDOW_SECONDS", "3600"),
];

async fn with(world: &World, token: &str) -> Answer {
    send(world.bare(Method::GET, "/plans").bearer_auth(token)).await
}

async fn from(world: &World, client: &str, token: &str) -> Answer {
    let request = world.bare(Method::GET, "/plans").bearer_auth(token);
    send(request.header("x-forwarded-for", client)).await
}

/// Counts the statements that name the table of tokens from now on, in the sequence `asked`.
async fn count_questions(world: &World) {
    sqlx::raw_sql(
        "CREATE SEQUENCE asked MINVALUE 0;
         ALTER TABLE api_tokens RENAME TO all_tokens;
         CREATE VIEW api_tokens AS
             SELECT token.* FROM (SELECT nextval('asked') OFFSET 0) asked, all_tokens token;
         GRANT SELECT ON api_tokens TO praho_api;
         GRANT USAGE ON SEQUENCE asked TO praho_api",
    )
    .execute(&world.pool)
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_wrong_tokens_reaches_the_database_a_few_times_only() {
    let world = World::with(LIMIT).await;
    let (viewer, late) = (world.token("viewer").await, world.token("viewer").await);
    assert_eq!(with(&world, &viewer).await.status, StatusCode::OK);
    count_questions(&world).await;
    let good = async {
        let mut good = Vec::new();
        for _ in 0..20 {
            good.push(with(&world, &viewer).await.status);
        }
        good
    };
    let wrong = stream::iter(0..500).map(|_| async { with(&world, &unique("praho")).await.status });
    let (good, wrong) = tokio::join!(good, wrong.buffer_unordered(50).collect::<Vec<_>>());
    assert_eq!(good, [StatusCode::OK; 20]);
    let refused = wrong.iter().filter(|it| **it == StatusCode::TOO_MANY_REQUESTS).count();
    let looked_up = wrong.iter().filter(|it| **it == StatusCode::UNAUTHORIZED).count();
    // On a slow machine some do not even get their look-up in time.
    let hurried = wrong.iter().filter(|it| **it == StatusCode::SERVICE_UNAVAILABLE).count();
    assert_eq!(looked_up + refused + hurried, 500);
    assert!((1..=20).contains(&looked_up), "{looked_up} looked up, {refused} refused");
    // A wrong token takes two look-ups, a good one takes one.
    let questions = world.number("SELECT last_value FROM asked").await;
    assert!((20..=20 + 2 * 20).contains(&questions), "{questions} questions");

    let unknown = with(&world, &late).await;
    assert_eq!(unknown.status, StatusCode::TOO_MANY_REQUESTS, "not known as good, so it waits too");
    assert_eq!(unknown.body["type"], "urn:praho:problem:rate_limited");
    assert!((3000..=3600).contains(&unknown.header("retry-after").parse::<u64>().unwrap()));
    let mut plans = PlansClient::new(channel(&world).await);
    let refused = plans.list_plans(with_token(ListPlansRequest::default(), "praho_wrong")).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused:?}");
    assert!(from_status(&refused).retry_after_seconds.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_remembered_for_a_second_only() {
    let world = World::start().await;
    let token = format!("praho_{}", testkit::password());
    count_questions(&world).await;
    let answers = join_all((0..20).map(|_| with(&world, &token))).await;
    assert!(answers.iter().all(|it| it.status == StatusCode::UNAUTHORIZED));
    let questions = world.number("SELECT last_value FROM asked").await;
    assert!(questions < 2 * 20, "{questions} questions for one token");
    let sha256: [u8; 32] = Sha256::digest(&token).into();
    let add = "INSERT INTO all_tokens (id, tenant_id, name, sha256, role)
               SELECT gen_random_uuid(), tenant_id, 'late', $1, 'viewer' FROM all_tokens LIMIT 1";
    sqlx::query(add).bind(sha256.to_vec()).execute(&world.pool).await.unwrap();
    eventually("the token is good", async || {
        (with(&world, &token).await.status == StatusCode::OK).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_names_the_address_of_a_wrong_token() {
    let log = Log::default();
    let logs = log.take();
    let world = World::start().await;
    assert_eq!(with(&world, "praho_wrong").await.status, StatusCode::UNAUTHORIZED);
    let mut plans = PlansClient::new(channel(&world).await);
    plans.list_plans(with_token(ListPlansRequest::default(), "praho_wrong2")).await.unwrap_err();
    if logs {
        let text = log.text();
        let refused = text.lines().filter(|it| it.contains("fault.kind=\"unauthenticated\""));
        let refused: Vec<_> = refused.collect();
        assert_eq!(refused.len(), 2, "{text}");
        assert!(refused.iter().all(|it| it.contains("client.address=127.0.0.1")), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_each_client_has_its_own_limit_and_its_own_name_in_the_audit_log() {
    let world = World::with(PROXY).await;
    let viewer = world.token("viewer").await;
    for client in ["203.0.113.9", "203.0.113.10", "2001:db8::7"] {
        let answers =
            [from(&world, client, "praho_a").await, from(&world, client, "praho_b").await];
        let wanted = [StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS];
        assert_eq!(answers.map(|it| it.status), wanted, "{client}");
    }
    let request = world.intent("/plans").header("x-forwarded-for", "198.51.100.1, 203.0.113.11");
    assert_eq!(send(request.json(&json!({ "name": "starter" }))).await.status, StatusCode::CREATED);
    let denied = world.bare(Method::GET, "/tokens").bearer_auth(&viewer);
    let denied = send(denied.header("x-forwarded-for", "203.0.113.12")).await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
    let addresses =
        "SELECT jsonb_agg(jsonb_build_array(action, detail->'client_address') ORDER BY seq)
                     FROM audit_log WHERE action IN ('plan.create', 'access.denied')";
    let addresses: Value = sqlx::query_scalar(addresses).fetch_one(&world.pool).await.unwrap();
    let wanted = json!([["plan.create", "203.0.113.11"], ["access.denied", "203.0.113.12"]]);
    assert_eq!(addresses, wanted);
    assert_eq!(world.audit_breaks().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_from_anybody_else_names_nobody() {
    let world = World::start().await;
    let request = world.intent("/plans").header("x-forwarded-for", "203.0.113.9");
    let request = request.header("forwarded", "for=203.0.113.9");
    assert_eq!(send(request.json(&json!({ "name": "starter" }))).await.status, StatusCode::CREATED);
    let told = "SELECT count(*) FROM audit_log WHERE detail->>'client_address' = '127.0.0.1'";
    assert_eq!(world.number(told).await, 1);
}
