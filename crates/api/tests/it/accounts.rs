//! Accounts and their protection.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::world::{World, send};

#[tokio::test(flavor = "multi_thread")]
async fn protection_is_put_on_and_taken_off_and_audited_once_each() {
    let world = World::start().await;
    let (_, account) = world.active_service().await;
    let path = format!("/accounts/{account}");
    assert_eq!(world.get(&path).await.body["protected"], true);
    for protected in [false, false, true] {
        let request = world.request(Method::PUT, &format!("{path}/protection"));
        let answer = send(request.json(&json!({ "protected": protected }))).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(world.get(&path).await.body, answer.body);
        assert_eq!(answer.body["protected"], protected);
    }
    let audited = "SELECT count(*) FROM audit_log WHERE action = 'account.protect'";
    assert_eq!(world.number(audited).await, 2);
    assert_eq!(world.audit_breaks().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_does_not_exist_is_answered_with_those_that_do() {
    let world = World::start().await;
    let answer = world.get("/accounts?status=sleeping").await;
    assert_eq!((answer.status, answer.wrong_fields()), (StatusCode::BAD_REQUEST, vec!["status"]));
    assert!(answer.body["detail"].as_str().unwrap().contains("pending, active"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proof_of_the_website_is_shown_with_the_account() {
    let world = World::start().await;
    let (_, account) = world.active_service().await;
    let path = format!("/accounts/{account}");
    assert_eq!(world.get(&path).await.body.get("site"), None, "there is none yet");
    let proof = r#"UPDATE accounts SET site_proved_at = '2026-11-28T08:00:00Z', site_proof = '{
        "address": "192.0.2.7", "answers": [{
            "url": "http://shop.example/", "status": 200, "told_by": "page", "told_for": "shop.example",
            "certificate_sha256": null }] }' WHERE id = $1"#;
    world.execute(proof, &account).await;
    let answer = json!({
        "url": "http://shop.example/", "status": 200, "told_by": "page", "told_for": "shop.example",
        "certificate_sha256": "",
    });
    let shown = json!({
        "proved_at": "2026-11-28T08:00:00Z", "ip_address": "192.0.2.7", "answers": [answer],
    });
    assert_eq!(world.get(&path).await.body["site"], shown);
}
