//! Authentication, and the isolation of tenants.

use api::operations::{OPERATIONS, Right};
use reqwest::{Method, StatusCode};
use serde_json::json;
use testkit::unique;

use crate::world::{World, send, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_known_token_is_refused() {
    let world = World::with(&[("RATE_LIMIT__WRONG_TOKENS", "1000")]).await;
    for operation in OPERATIONS {
        let (method, path) = (&operation.method, operation.path);
        let bare = || world.bare(method.clone(), path);
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
    for _ in 0..3 {
        assert_eq!(world.get("/plans").await.status, StatusCode::UNAUTHORIZED);
    }
    // The token is known, so its denial is audited: one row a minute, and a minute may begin between two
    // calls.
    let denied =
        "SELECT count(*) FROM audit_log JOIN api_tokens token ON actor = 'token:' || token.id
                  WHERE action = 'access.denied' AND target = 'operation/Plans/ListPlans'";
    assert!((1..=2).contains(&world.number(denied).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_no_token() {
    let world = World::start().await;
    let expire = "UPDATE api_tokens SET created_at = now() - interval '2 days', expires_at = now() - interval '1 day'";
    sqlx::query(expire).execute(&world.pool).await.unwrap();
    assert_eq!(world.get("/plans").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn resources_of_another_tenant_do_not_exist_for_a_caller() {
    let world = World::start().await;
    let (service, account) = world.active_service().await;
    let letter = "INSERT INTO dead_letters (id, queue, job_id, tenant_id, reason)
                  SELECT gen_random_uuid(), 'praho.jobs.dns', id, tenant_id, 'it failed' FROM jobs LIMIT 1";
    sqlx::query(letter).execute(&world.pool).await.unwrap();
    let finding = "INSERT INTO drift_findings (id, tenant_id, server_id, domain, field, severity, wanted, seen)
                   SELECT gen_random_uuid(), tenant_id, id, 'site.example', 'unknown', 'info', '', 'there' FROM servers";
    sqlx::query(finding).execute(&world.pool).await.unwrap();
    let first = async |list: &str| {
        let answer = world.get(&format!("/{list}")).await;
        text(&answer.body[list.replace('-', "_")][0], "id")
    };
    let own = text(&world.get("/tokens").await.body["tokens"][0], "tenant_id");
    let foreign = world.foreign_token().await;
    let before = world.rows().await;
    // The platform's owners alone reach domains, which are of no tenant.
    let things = OPERATIONS.iter().filter(|it| it.right != Right::Platform);
    let things = things.filter(|it| it.path.contains("{id}"));
    for operation in things {
        let collection = operation.path.split('/').nth(1).unwrap();
        let id = match collection {
            "services" => service.clone(),
            "accounts" => account.clone(),
            "tenants" => own.clone(),
            other => first(other).await,
        };
        let path = operation.path.replace("{id}", &id);
        let request = world.bare(operation.method.clone(), &path).bearer_auth(&foreign);
        let request = request.header("Idempotency-Key", unique("key"));
        let answer = send(request.json(&json!({}))).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{} {path}: {answer:?}", operation.method);
    }
    for list in ["plans", "servers", "services", "accounts", "jobs", "dns-servers", "findings"] {
        let answer = send(world.bare(Method::GET, &format!("/{list}")).bearer_auth(&foreign)).await;
        assert_eq!(answer.body[list.replace('-', "_")], json!([]), "{answer:?}");
    }
    // Another tenant cannot sell the plan either.
    let body = json!({ "plan_id": first("plans").await, "domain": "stranger.ro" });
    let request = world.bare(Method::POST, "/services").bearer_auth(&foreign).json(&body);
    let request = request.header("Idempotency-Key", "order-7");
    assert_eq!(send(request).await.wrong_fields(), ["plan_id"]);
    assert_eq!(world.rows().await, before);
}
