//! Tenants and tokens: who may create them, what they may do, and that a secret is shown once.

use contracts::provisioning::v1::{
    CreateTenantRequest, CreateTokenRequest, tenants_client::TenantsClient,
    tokens_client::TokensClient,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tonic::Code;

use crate::{
    grpc::{channel, with_token},
    world::{Answer, World, id, send, text},
};

async fn post(world: &World, token: &str, path: &str, body: Value) -> Answer {
    send(
        world
            .bare(Method::POST, path)
            .bearer_auth(token)
            .header("Idempotency-Key", testkit::unique("key"))
            .json(&body),
    )
    .await
}

async fn get(world: &World, token: &str, path: &str) -> Answer {
    send(world.bare(Method::GET, path).bearer_auth(token)).await
}

/// Creates a tenant and its owner's token, as the platform's operator does.
async fn newcomer(world: &World, name: &str) -> (String, String) {
    let tenant = id(&world.post("/tenants", json!({ "name": name })).await);
    let body = json!({ "tenant_id": tenant, "name": "first", "role": "owner" });
    let made = world.post("/tokens", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert_eq!(made.body["token"]["tenant_id"], tenant);
    (tenant, text(&made.body, "secret"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_tenant_begins_with_a_token_from_the_platforms_owner() {
    let world = World::start().await;
    let (tenant, owner) = newcomer(&world, "acme").await;
    assert!(owner.starts_with("praho_") && owner.len() == 49, "{owner}");
    assert_eq!(
        post(&world, &owner, "/plans", json!({ "name": "starter" })).await.status,
        StatusCode::CREATED
    );
    assert_eq!(world.get("/plans").await.body["plans"], json!([]), "it is the newcomer's");

    // An owner manages the tokens of its own tenant.
    let body =
        json!({ "name": "billing", "role": "operator", "expires_at": "2999-01-01T00:00:00Z" });
    let billing = post(&world, &owner, "/tokens", body).await;
    assert_eq!(billing.header("cache-control"), "no-store");
    let token = &billing.body["token"];
    assert_eq!(
        (&token["role"], &token["expires_at"]),
        (&json!("operator"), &json!("2999-01-01T00:00:00Z"))
    );
    let seen = get(&world, &owner, billing.header("location").trim_start_matches("/api/v1")).await;
    assert_eq!(&seen.body, token);
    let secret = text(&billing.body, "secret");
    assert_eq!(get(&world, &secret, "/plans").await.status, StatusCode::OK);
    assert_eq!(get(&world, &secret, "/tokens").await.status, StatusCode::FORBIDDEN);
    let list = get(&world, &owner, "/tokens").await;
    assert_eq!(list.body["tokens"].as_array().unwrap().len(), 2);
    assert!(!list.body.to_string().contains("secret"));

    let path = format!("/tokens/{}/revoke", text(token, "id"));
    for _ in 0..2 {
        let revoked = post(&world, &owner, &path, json!({})).await;
        assert_eq!(revoked.status, StatusCode::OK);
        assert!(revoked.body["revoked_at"].is_string(), "{revoked:?}");
    }
    assert_eq!(get(&world, &secret, "/plans").await.status, StatusCode::UNAUTHORIZED);

    let audited = "SELECT string_agg(action, ' ' ORDER BY seq) FROM audit_log
                   WHERE tenant_id = $1::uuid AND action <> 'access.denied'";
    let audited: String =
        sqlx::query_scalar(audited).bind(&tenant).fetch_one(&world.pool).await.unwrap();
    assert_eq!(audited, "tenant.create token.create plan.create token.create token.revoke");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_sees_no_other_tenant_and_makes_none() {
    let world = World::start().await;
    let (one, owner) = newcomer(&world, "one").await;
    let (other, _) = newcomer(&world, "other").await;
    let refused = post(&world, &owner, "/tenants", json!({ "name": "third" })).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(text(&refused.body, "detail").contains("owner of the platform's tenant"));
    let list = get(&world, &owner, "/tenants").await.body;
    assert_eq!(
        (&list["tenants"][0]["id"], list["tenants"].as_array().unwrap().len()),
        (&json!(one), 1)
    );
    assert_eq!(get(&world, &owner, &format!("/tenants/{one}")).await.status, StatusCode::OK);
    assert_eq!(
        get(&world, &owner, &format!("/tenants/{other}")).await.status,
        StatusCode::NOT_FOUND
    );
    let body = json!({ "tenant_id": other, "name": "mine", "role": "owner" });
    assert_eq!(post(&world, &owner, "/tokens", body).await.status, StatusCode::NOT_FOUND);
    let theirs = world.get(&format!("/tokens?tenant_id={other}")).await.body;
    let theirs = text(&theirs["tokens"][0], "id");
    assert_eq!(
        get(&world, &owner, &format!("/tokens?tenant_id={other}")).await.status,
        StatusCode::NOT_FOUND
    );
    for (method, path) in
        [("GET", format!("/tokens/{theirs}")), ("POST", format!("/tokens/{theirs}/revoke"))]
    {
        let request = world.bare(method.parse().unwrap(), &path).bearer_auth(&owner);
        let answer = send(request.header("Idempotency-Key", "a").json(&json!({}))).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer:?}");
    }
    assert_eq!(world.get("/tenants").await.body["tenants"].as_array().unwrap().len(), 3);
    assert_eq!(world.get("/tenants").await.body["tenants"][2]["platform"], json!(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_shown_once_and_kept_nowhere() {
    let world = World::start().await;
    let body = json!({ "name": "billing", "role": "viewer" });
    let first = world.post_once("key-1", "/tokens", body.clone()).await;
    let secret = text(&first.body, "secret");
    let again = world.post_once("key-1", "/tokens", body).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let (detail, token) = (text(&again.body, "detail"), text(&first.body["token"], "id"));
    assert!(detail.contains(&token) && detail.contains("revoke"), "{detail}");
    assert_eq!(world.number("SELECT count(*) FROM api_tokens").await, 2);

    let mut tokens = TokensClient::new(channel(&world).await);
    let request = CreateTokenRequest {
        request_id: "key-2".to_owned(),
        name: "billing".to_owned(),
        role: "viewer".to_owned(),
        ..CreateTokenRequest::default()
    };
    let made = tokens.create_token(with_token(request.clone(), &world.token)).await.unwrap();
    let by_grpc = made.into_inner().secret;
    let refused = tokens.create_token(with_token(request, &world.token)).await.err().unwrap();
    assert_eq!(refused.code(), Code::FailedPrecondition);

    let rows = world.everything_written().await;
    assert!(rows.contains("token.create"), "{rows}");
    for secret in [secret, by_grpc] {
        assert_eq!(get(&world, &secret, "/plans").await.status, StatusCode::OK);
        assert!(!rows.contains(&secret), "{rows}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_fields_of_tenants_and_tokens_are_reported() {
    let world = World::start().await;
    let before = world.rows().await;
    let wrong =
        json!({ "name": "Two words", "role": "root", "expires_at": "2999-01-01T00:00:00Z" });
    assert_eq!(world.post("/tokens", wrong).await.wrong_fields(), ["name", "role"]);
    assert_eq!(world.post("/tokens", json!({})).await.wrong_fields(), ["name", "role"]);
    let past = json!({ "name": "late", "role": "viewer", "expires_at": "2001-01-01T00:00:00Z" });
    assert_eq!(world.post("/tokens", past).await.wrong_fields(), ["expires_at"]);
    let nobody = json!({ "name": "a", "role": "viewer", "tenant_id": "-" });
    assert_eq!(world.post("/tokens", nobody).await.wrong_fields(), ["tenant_id"]);
    assert_eq!(world.post("/tenants", json!({ "name": "Acme!" })).await.wrong_fields(), ["name"]);
    let taken = world.post("/tenants", json!({ "name": "demo" })).await;
    assert_eq!((taken.status, taken.wrong_fields()), (StatusCode::CONFLICT, vec!["name"]));
    let own = world.get("/tokens").await.body;
    let path = format!("/tokens/{}/revoke", text(&own["tokens"][0], "id"));
    let refused = world.post(&path, json!({})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(text(&refused.body, "detail").contains("another owner"), "{refused:?}");
    assert_eq!(world.rows().await, before);
    let mut tenants = TenantsClient::new(channel(&world).await);
    let viewer = world.token("viewer").await;
    let request = CreateTenantRequest { name: "acme".to_owned(), ..CreateTenantRequest::default() };
    let denied = tenants.create_tenant(with_token(request, &viewer)).await.unwrap_err();
    assert_eq!(denied.code(), Code::PermissionDenied);
}
