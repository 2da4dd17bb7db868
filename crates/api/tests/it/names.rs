//! Requests name things by their ids, or by the names and domains that people know.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{World, id, send, text};

const NOBODY: &str = "0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f";

/// An API with an active service; returns its domain too.
async fn hosting() -> (World, String) {
    let world = World::start().await;
    let (service, _) = world.active_service().await;
    let domain = text(&world.get(&format!("/services/{service}")).await.body, "domain");
    (world, domain)
}

/// The oldest thing of a list.
async fn first(world: &World, list: &str) -> Value {
    let path = format!("/{}", list.replace('_', "-"));
    world.get(&path).await.body[list].as_array().unwrap().last().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_named_thing_is_got_by_its_name_too() {
    let (world, domain) = hosting().await;
    let stranger = world.foreign_token().await;
    for list in ["plans", "servers", "dns_servers", "services", "accounts", "tenants"] {
        let thing = first(&world, list).await;
        let name = thing.get("name").unwrap_or(&thing["domain"]).as_str().unwrap();
        let path = format!("/{}/{name}", list.replace('_', "-"));
        let answer = world.get(&path).await;
        assert_eq!((answer.status, &answer.body), (StatusCode::OK, &thing), "{path}");
        let theirs = world.bare(Method::GET, &path).bearer_auth(&stranger);
        assert_eq!(send(theirs).await.status, StatusCode::NOT_FOUND, "{path} of a stranger");
        for (wrong, status) in [
            (NOBODY, StatusCode::NOT_FOUND),
            ("no-one.example", StatusCode::NOT_FOUND),
            ("-", StatusCode::BAD_REQUEST),
        ] {
            let wrong = if name.contains('.') { wrong } else { wrong.trim_end_matches(".example") };
            let path = format!("/{}/{wrong}", list.replace('_', "-"));
            assert_eq!(world.get(&path).await.status, status, "{path}");
        }
    }
    let upper = world.get(&format!("/services/{}.", domain.to_uppercase())).await;
    assert_eq!(text(&upper.body, "domain"), domain);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_sold_and_changed_by_names_alone() {
    let world = World::start().await;
    world.dns_server().await;
    world.server(10).await;
    world.plan().await;
    let (plan, server) = (first(&world, "plans").await, first(&world, "servers").await);
    let order = json!({ "plan_id": plan["name"], "domain": "shop.example" });
    let made = world.post("/services", order).await;
    assert_eq!((&made.body["plan_id"], &made.body["plan_name"]), (&plan["id"], &plan["name"]));
    let service = id(&made);

    let activated = world.post("/services/shop.example/activate", json!({})).await;
    assert_eq!(activated.status, StatusCode::ACCEPTED, "{activated:?}");
    let account = &activated.body["account"];
    assert_eq!(account["service_id"], json!(service));
    assert_eq!((&account["server_name"], &account["plan_name"]), (&server["name"], &plan["name"]));
    assert_eq!(activated.body["job"]["target_name"], "shop.example");
    let listed = first(&world, "accounts").await;
    for field in ["id", "server_name", "plan_name", "placement"] {
        assert_eq!(listed[field], account[field], "{field}");
    }
    let job = text(&activated.body["job"], "id");
    assert_eq!(world.get(&format!("/jobs/{job}")).await.body["target_name"], "shop.example");

    world
        .execute("UPDATE accounts SET status = 'active' WHERE id = $1", &text(account, "id"))
        .await;
    crate::world::finish_job(&world, &job, "completed").await;
    let lift = world.request(Method::PUT, "/accounts/shop.example/protection");
    let lifted = send(lift.json(&json!({ "protected": false }))).await;
    assert_eq!(
        (&lifted.body["protected"], &lifted.body["plan_name"]),
        (&json!(false), &plan["name"])
    );
    let end = "/services/shop.example/terminate";
    let ended = world.post_once("end", end, json!({})).await;
    assert_eq!(ended.status, StatusCode::ACCEPTED, "{ended:?}");
    assert_eq!(ended.body["account"]["server_name"], server["name"]);
    // The domain now means a service that has ended: a repeat still gets the first answer.
    assert_eq!(world.post_once("end", end, json!({})).await.body, ended.body);
    assert_eq!(world.get("/services/shop.example").await.body["status"], "terminated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_named_in_its_drift_and_its_jobs() {
    let (world, _) = hosting().await;
    let server = first(&world, "servers").await;
    let name = text(&server, "name");
    let drift = world.get(&format!("/servers/{name}/drift")).await.body;
    assert_eq!((&drift["server_id"], &drift["server_name"]), (&server["id"], &server["name"]));
    let scanned = world.intent(&format!("/servers/{name}/scan"));
    assert_eq!(send(scanned).await.body["server_name"], server["name"]);
    let verified = send(world.intent(&format!("/servers/{name}/verify"))).await.body;
    assert_eq!(verified["target_name"], server["name"]);
    let jobs = world.get(&format!("/jobs?target=server/{name}")).await.body["jobs"].clone();
    assert!(jobs.as_array().unwrap().iter().all(|it| it["target_name"] == server["name"]));
    assert!(!jobs.as_array().unwrap().is_empty());
    assert_eq!(world.get(&format!("/findings?server_id={name}")).await.body["findings"], json!([]));
    let unknown = world.get("/findings?server_id=vm-none").await;
    assert_eq!(
        (unknown.status, unknown.wrong_fields()),
        (StatusCode::BAD_REQUEST, vec!["server_id"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_names_a_tenant_for_its_tokens() {
    let world = World::start().await;
    let made = world.post("/tenants", json!({ "name": "acme" })).await.body;
    let order = json!({ "tenant_id": "acme", "name": "first", "role": "owner" });
    let token = world.post("/tokens", order).await.body["token"].clone();
    assert_eq!(token["tenant_id"], made["id"]);
    let listed = world.get("/tokens?tenant_id=acme").await.body["tokens"].clone();
    assert_eq!(listed, json!([token]));
    assert_eq!(world.get("/tokens?tenant_id=nobody").await.status, StatusCode::NOT_FOUND);
}
