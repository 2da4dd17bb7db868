//! Who may call, and what of others is seen: nothing.

use reqwest::{Method, StatusCode};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::world::{World, send};

/// Every route that names a thing.
const THINGS: [(&str, &str); 12] = [
    ("GET", "/plans/PLAN"),
    ("GET", "/servers/SERVER"),
    ("POST", "/servers/SERVER/verify"),
    ("GET", "/services/SERVICE"),
    ("POST", "/services/SERVICE/activate"),
    ("POST", "/services/SERVICE/suspend"),
    ("POST", "/services/SERVICE/unsuspend"),
    ("POST", "/services/SERVICE/terminate"),
    ("GET", "/accounts/ACCOUNT"),
    ("GET", "/jobs/JOB"),
    ("GET", "/jobs/JOB/watch"),
    ("POST", "/jobs/JOB/cancel"),
];

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_in_without_a_token_that_is_known() {
    let world = World::start().await;
    for (method, path) in THINGS.into_iter().chain([("POST", "/plans"), ("GET", "/services")]) {
        let bare = || world.bare(method.parse().unwrap(), path);
        let wrong = [
            bare(),
            bare().bearer_auth("praho_wrong"),
            bare().header("authorization", format!("Basic {}", world.token)),
            bare().bearer_auth(format!("{}x", world.token)),
        ];
        for request in wrong {
            let answer = send(request).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"praho\"");
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert!(!answer.body.to_string().contains(&world.token), "{answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_no_token() {
    let world = World::start().await;
    assert_eq!(world.get("/plans").await.status, StatusCode::OK);
    sqlx::query("UPDATE api_tokens SET revoked_at = now()").execute(&world.pool).await.unwrap();
    assert_eq!(world.get("/plans").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_things_are_not_there() {
    let world = World::start().await;
    let (service, account) = world.active_service().await;
    let first = async |path: &str, list: &str| {
        world.get(path).await.body[list][0]["id"].as_str().unwrap().to_owned()
    };
    let (plan, server) = (first("/plans", "plans").await, first("/servers", "servers").await);
    let job = first("/jobs", "jobs").await;
    let stranger = stranger(&world).await;
    let before = world.rows().await;
    for (method, path) in THINGS {
        let path = path
            .replace("PLAN", &plan)
            .replace("SERVER", &server)
            .replace("SERVICE", &service)
            .replace("ACCOUNT", &account)
            .replace("JOB", &job);
        let request = world.bare(method.parse().unwrap(), &path).bearer_auth(&stranger);
        let answer = send(request).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}: {answer:?}");
    }
    let path = format!("/accounts/{account}/protection");
    let request = world.bare(Method::PUT, &path).bearer_auth(&stranger);
    let answer = send(request.json(&json!({ "protected": false }))).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    for list in ["plans", "servers", "services", "accounts", "jobs"] {
        let answer =
            send(world.bare(Method::GET, &format!("/{list}")).bearer_auth(&stranger)).await;
        assert_eq!(answer.body[list], json!([]), "{answer:?}");
    }
    // Nor can a stranger sell it.
    let body = json!({ "plan_id": plan, "domain": "stranger.ro" });
    let request = world.bare(Method::POST, "/services").bearer_auth(&stranger).json(&body);
    assert_eq!(send(request).await.wrong_fields(), ["plan_id"]);
    assert_eq!(world.rows().await, before);
}

/// The token of a second tenant.
async fn stranger(world: &World) -> String {
    let token = format!("praho_{}", testkit::password());
    let sha256: [u8; 32] = Sha256::digest(&token).into();
    sqlx::query(
        "WITH tenant AS (INSERT INTO tenants (id, name) VALUES (gen_random_uuid(), 'stranger') RETURNING id)
         INSERT INTO api_tokens (id, tenant_id, name, sha256) SELECT gen_random_uuid(), id, 'test', $1 FROM tenant",
    )
    .bind(sha256.to_vec())
    .execute(&world.pool)
    .await
    .unwrap();
    token
}
