//! Services before their activation.

use reqwest::StatusCode;
use serde_json::json;

use crate::world::{World, id};

#[tokio::test(flavor = "multi_thread")]
async fn an_international_domain_is_kept_in_ascii() {
    let world = World::start().await;
    let plan = world.plan().await;
    let body = json!({ "plan_id": plan, "domain": "MÜNCHEN.de.", "external_id": "whmcs-7" });
    let made = world.post("/services", body).await;
    let id = id(&made);
    assert_eq!(made.body["domain"], "xn--mnchen-3ya.de");
    assert_eq!((&made.body["status"], &made.body["account_id"]), (&json!("created"), &json!("")));
    assert_eq!(world.get(&format!("/services/{id}")).await.body, made.body);
    assert_eq!(world.get("/services").await.body["services"], json!([made.body]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_service_is_refused_and_leaves_nothing() {
    let world = World::start().await;
    let plan = world.plan().await;
    let before = world.rows().await;
    for domain in [
        "",
        "localhost",
        "no-dot",
        "a..b",
        "-a.ro",
        "192.0.2.7",
        "a_b.ro",
        "xn--a.ro",
        "www.a.ro",
        &"x".repeat(300),
    ] {
        let answer = world.post("/services", json!({ "plan_id": plan, "domain": domain })).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{domain}");
        assert_eq!(answer.wrong_fields(), ["domain"]);
    }
    for plan in ["", "starter", "0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f"] {
        let body = json!({ "plan_id": plan, "domain": "a.ro", "external_id": "x".repeat(129) });
        let answer = world.post_once("key", "/services", body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{plan}");
        let mut wrong = answer.wrong_fields();
        wrong.sort_unstable();
        assert_eq!(wrong, ["external_id", "plan_id"]);
    }
    assert_eq!(world.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_and_an_external_id_are_unique() {
    let world = World::start().await;
    let plan = world.plan().await;
    let body = json!({ "plan_id": plan, "domain": "example.ro", "external_id": "7" });
    id(&world.post("/services", body).await);
    let before = world.rows().await;
    let taken = json!({ "plan_id": plan, "domain": "EXAMPLE.ro" });
    let answer = world.post_once("key", "/services", taken).await;
    assert_eq!((answer.status, answer.wrong_fields()), (StatusCode::CONFLICT, vec!["domain"]));
    let taken = json!({ "plan_id": plan, "domain": "other.ro", "external_id": "7" });
    let answer = world.post_once("key", "/services", taken).await;
    assert_eq!((answer.status, answer.wrong_fields()), (StatusCode::CONFLICT, vec!["external_id"]));
    assert_eq!(world.rows().await, before);
}
