//! Plans.

use reqwest::StatusCode;
use serde_json::json;

use crate::world::{World, id};

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_made_found_and_listed() {
    let world = World::start().await;
    let body = json!({
        "name": "starter", "disk_mib": 1024, "mailboxes": 0, "features": ["web", "ssl"],
        "server_tags": ["ssd"],
    });
    let made = world.post("/plans", body).await;
    let id = id(&made);
    assert_eq!(made.header("location"), format!("/api/v1/plans/{id}"));
    let found = world.get(&format!("/plans/{id}")).await;
    assert_eq!((found.status, &found.body), (StatusCode::OK, &made.body));
    assert_eq!(found.body["disk_mib"], 1024);
    assert_eq!(found.body["bandwidth_mib"], json!(null), "absent means unlimited");
    assert_eq!(found.body["mailboxes"], 0, "zero means none");
    assert_eq!(found.body["server_tags"], json!(["ssd"]));
    let audited = world
        .number(
            "SELECT count(*) FROM audit_log WHERE action = 'plan.create' AND actor LIKE 'token:%'",
        )
        .await;
    assert_eq!(audited, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_each_plan_once_newest_first() {
    let world = World::start().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.insert(0, world.plan().await);
    }
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("/plans?page_size=2&page_token={token}")).await.body;
        for plan in page["plans"].as_array().unwrap() {
            seen.push(plan["id"].as_str().unwrap().to_owned());
        }
        token = page["next_page_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, made);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_plan_is_refused_with_every_reason_and_leaves_nothing() {
    let world = World::start().await;
    let before = world.rows().await;
    let body = json!({
        "name": "x".repeat(300), "disk_mib": 0, "bandwidth_mib": u64::MAX, "databases": 9_000_000,
        "features": ["ssl"], "server_tags": ["Not a tag"],
    });
    let answer = world.post_once("key-1", "/plans", body).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        answer.wrong_fields(),
        ["name", "disk_mib", "bandwidth_mib", "databases", "features", "server_tags"]
    );
    assert_eq!(world.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_name_is_unique() {
    let world = World::start().await;
    id(&world.post("/plans", json!({ "name": "starter" })).await);
    let before = world.rows().await;
    let answer = world.post_once("key-1", "/plans", json!({ "name": "starter" })).await;
    assert_eq!((answer.status, answer.wrong_fields()), (StatusCode::CONFLICT, vec!["name"]));
    assert_eq!(world.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_id_is_not_found_and_a_malformed_id_is_invalid() {
    let world = World::start().await;
    let nobody = "0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f";
    for collection in ["plans", "servers", "dns-servers", "services", "accounts", "jobs"] {
        let answer = world.get(&format!("/{collection}/{nobody}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{collection}");
        assert!(answer.body["detail"].as_str().unwrap().contains(nobody), "{answer:?}");
        let answer = world.get(&format!("/{collection}/-")).await;
        assert_eq!((answer.status, answer.wrong_fields()), (StatusCode::BAD_REQUEST, vec!["id"]));
        let answer = world.get(&format!("/{collection}?page_size=1001&page_token=x")).await;
        assert_eq!(answer.wrong_fields(), ["page_size", "page_token"]);
        let answer = world.get(&format!("/{collection}?page_size=many")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{collection}");
        assert!(answer.body["detail"].as_str().unwrap().contains("page_size"), "{answer:?}");
        let answer = world.get(&format!("/{collection}?colour=red")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{collection}");
        assert!(answer.body["detail"].as_str().unwrap().contains("colour"), "{answer:?}");
    }
}
