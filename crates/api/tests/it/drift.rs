//! Findings of drift: listed, accepted and healed; sweeps on request.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::unique;

use crate::world::{Answer, World, finish_job, send, text};

/// Writes a finding as the reconciler does; returns its id.
async fn found(world: &World, server: &str, account: Option<&str>, field: &str) -> String {
    let id: uuid::Uuid = sqlx::query_scalar(
        "INSERT INTO drift_findings (id, tenant_id, server_id, account_id, domain, field, severity, wanted, seen)
         SELECT gen_random_uuid(), tenant_id, id, $2, 'site.example', $3, 'warning', 'as sold', 'otherwise'
         FROM servers WHERE id = $1 RETURNING id",
    )
    .bind(server.parse::<uuid::Uuid>().unwrap())
    .bind(account.map(|it| it.parse::<uuid::Uuid>().unwrap()))
    .bind(field)
    .fetch_one(&world.pool)
    .await
    .unwrap();
    id.to_string()
}

async fn server_of(world: &World, account: &str) -> String {
    text(&world.get(&format!("/accounts/{account}")).await.body, "server_id")
}

async fn listed(world: &World, query: &str) -> Vec<Value> {
    let list = world.get(&format!("/findings{query}")).await;
    assert_eq!(list.status, StatusCode::OK, "{list:?}");
    list.body["findings"].as_array().unwrap().clone()
}

async fn set_policy(world: &World, server: &str, body: Value) -> Answer {
    let path = format!("/servers/{server}/drift-policy");
    send(world.request(Method::PUT, &path).json(&body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_are_listed_by_server_and_status() {
    let world = World::start().await;
    let (server, another) = (world.server(10).await, world.server(10).await);
    let open = found(&world, &server, None, "unknown").await;
    let closed = found(&world, &server, None, "listing").await;
    found(&world, &another, None, "unknown").await;
    world.execute("UPDATE drift_findings SET closed_at = now() WHERE id = $1", &closed).await;
    assert_eq!(listed(&world, "").await.len(), 3);
    let of_server = listed(&world, &format!("?server_id={server}&status=open")).await;
    assert_eq!(of_server.len(), 1);
    assert_eq!(
        (text(&of_server[0], "id"), &of_server[0]["status"]),
        (open.clone(), &json!("open"))
    );
    assert_eq!(listed(&world, "?status=closed").await.len(), 1);
    assert_eq!(listed(&world, "?page_size=2").await.len(), 2);
    let one = world.get(&format!("/findings/{open}")).await.body;
    assert_eq!(
        (&one["field"], &one["count"], &one["account_id"]),
        (&json!("unknown"), &json!(1), &json!(""))
    );
    let wrong = world.get("/findings?server_id=x&status=gone").await;
    assert_eq!(wrong.wrong_fields(), ["server_id", "status"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_finding_names_the_actor_and_a_closed_one_cannot_be_accepted() {
    let world = World::start().await;
    let server = world.server(10).await;
    let finding = found(&world, &server, None, "unknown").await;
    let path = format!("/findings/{finding}/accept");
    for _ in 0..2 {
        let accepted = world.post(&path, json!({})).await;
        assert_eq!(accepted.status, StatusCode::OK, "{accepted:?}");
        assert_eq!(accepted.body["status"], "accepted");
        assert!(text(&accepted.body, "accepted_by").starts_with("token:"));
    }
    let audited = "SELECT count(*) FROM audit_log WHERE action = 'drift.accept'";
    assert_eq!(world.number(audited).await, 1);
    world.execute("UPDATE drift_findings SET closed_at = now() WHERE id = $1", &finding).await;
    let refused = world.post(&path, json!({})).await;
    assert_eq!(refused.body["type"], "urn:praho:problem:refused", "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn healing_files_no_second_job_before_the_first_has_ended() {
    let world = World::start().await;
    let (_, account) = world.active_service().await;
    let server = server_of(&world, &account).await;
    let finding = found(&world, &server, Some(&account), "quota").await;
    let path = format!("/findings/{finding}/heal");
    let healed = world.post(&path, json!({})).await;
    assert_eq!(healed.status, StatusCode::ACCEPTED, "{healed:?}");
    assert_eq!(healed.body["kind"], "account.heal");
    assert_eq!(healed.body["target"], format!("account/{account}"));
    let job = text(&healed.body, "id");
    assert_eq!(text(&world.post(&path, json!({})).await.body, "id"), job);
    assert_eq!(world.get(&format!("/findings/{finding}")).await.body["job_id"], job);
    let terms =
        "SELECT count(*) FROM jobs WHERE kind = 'account.heal' AND (payload->>'terms')::boolean
                 AND resource IS NOT NULL";
    assert_eq!(world.number(terms).await, 1);
    finish_job(&world, &job, "failed").await;
    assert_ne!(text(&world.post(&path, json!({})).await.body, "id"), job);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unclaimed_domain_is_healed_by_switching_it_off() {
    let world = World::start().await;
    let server = world.server(10).await;
    let finding = found(&world, &server, None, "unknown").await;
    let healed = world.post(&format!("/findings/{finding}/heal"), json!({})).await;
    assert_eq!(healed.status, StatusCode::ACCEPTED, "{healed:?}");
    assert_eq!(healed.body["kind"], "domain.quarantine");
    assert_eq!(healed.body["target"], format!("server/{server}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_that_no_job_can_heal_is_refused_with_the_remedy() {
    let world = World::start().await;
    let (_, account) = world.active_service().await;
    let server = server_of(&world, &account).await;
    let rows = async || world.number("SELECT count(*) FROM jobs").await;
    let before = rows().await;
    let owner = found(&world, &server, Some(&account), "owner").await;
    let refused = world.post(&format!("/findings/{owner}/heal"), json!({})).await;
    assert_eq!(refused.body["type"], "urn:praho:problem:refused", "{refused:?}");
    assert!(text(&refused.body, "detail").contains("accept the finding"));
    let status = found(&world, &server, Some(&account), "status").await;
    world.execute("UPDATE accounts SET protected = false WHERE id = $1", &account).await;
    world.execute("UPDATE accounts SET status = 'terminated' WHERE id = $1", &account).await;
    let refused = world.post(&format!("/findings/{status}/heal"), json!({})).await;
    assert_eq!(refused.body["type"], "urn:praho:problem:refused", "{refused:?}");
    assert_eq!(rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_makes_the_server_due_now() {
    let world = World::start().await;
    let server = world.server(10).await;
    let path = format!("/servers/{server}/drift");
    let new = world.get(&path).await.body;
    assert_eq!((&new["terms_policy"], new.get("due_at")), (&json!("report"), None));
    let scan = format!("/servers/{server}/scan");
    let asked = world.post(&scan, json!({})).await;
    assert_eq!(asked.status, StatusCode::OK, "{asked:?}");
    let due = "SELECT count(*) FROM server_sweeps WHERE due_at <= now()";
    assert_eq!(world.number(due).await, 1);
    world.execute("UPDATE servers SET status = 'maintenance' WHERE id = $1", &server).await;
    let refused = world.post(&scan, json!({})).await;
    assert_eq!(refused.body["type"], "urn:praho:problem:refused", "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_set_in_part_and_kept() {
    let world = World::start().await;
    let server = world.server(10).await;
    let set = set_policy(&world, &server, json!({ "unknown_policy": "quarantine" })).await;
    assert_eq!(set.status, StatusCode::OK, "{set:?}");
    let set = set_policy(&world, &server, json!({ "terms_policy": "heal" })).await;
    assert_eq!(
        (&set.body["terms_policy"], &set.body["unknown_policy"]),
        (&json!("heal"), &json!("quarantine"))
    );
    assert_eq!(world.get(&format!("/servers/{server}/drift")).await.body, set.body);
    set_policy(&world, &server, json!({})).await;
    let audited = "SELECT count(*) FROM audit_log WHERE action = 'drift.policy'";
    assert_eq!(world.number(audited).await, 2);
    let wrong =
        set_policy(&world, &server, json!({ "terms_policy": "x", "unknown_policy": "heal" }));
    assert_eq!(wrong.await.wrong_fields(), ["terms_policy", "unknown_policy"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_of_another_tenant_does_not_exist_for_a_caller() {
    let world = World::start().await;
    let server = world.server(10).await;
    let finding = found(&world, &server, None, "unknown").await;
    let foreign = world.foreign_token().await;
    for (method, path) in [
        (Method::GET, format!("/findings/{finding}")),
        (Method::POST, format!("/findings/{finding}/accept")),
        (Method::POST, format!("/findings/{finding}/heal")),
        (Method::GET, format!("/servers/{server}/drift")),
        (Method::PUT, format!("/servers/{server}/drift-policy")),
        (Method::POST, format!("/servers/{server}/scan")),
    ] {
        let request = world.bare(method, &path).bearer_auth(&foreign);
        let answer = send(request.header("Idempotency-Key", unique("key"))).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {answer:?}");
    }
    let theirs = send(world.bare(Method::GET, "/findings").bearer_auth(&foreign)).await;
    assert_eq!(theirs.body["findings"], json!([]));
}
