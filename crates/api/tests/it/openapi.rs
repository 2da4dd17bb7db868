//! The OpenAPI document matches the code; `world::send` checks every answer of all these tests against it.

use std::fs;

use api::operations::OPERATIONS;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{World, send};

mod document;
mod schema;

pub(crate) use schema::{check, objection};

#[test]
fn the_document_matches_the_contract_and_the_operations() {
    let committed: Value =
        serde_json::from_str(include_str!("../../../../proto/openapi.json")).unwrap();
    let wanted = document::document();
    if committed == wanted {
        return;
    }
    let fresh = concat!(env!("CARGO_TARGET_TMPDIR"), "/openapi.json");
    fs::write(fresh, serde_json::to_string_pretty(&wanted).unwrap() + "\n").unwrap();
    panic!(
        "proto/openapi.json is not what the code says; look at what changed, then: cp {fresh} proto/openapi.json"
    );
}

#[test]
fn an_answer_that_the_document_does_not_allow_is_objected_to() {
    let objection = |status, body| objection(&Method::GET, "/plans", status, &body);
    let plans = |plan: Value| json!({ "plans": [plan], "next_page_token": "" });
    let plan = json!({
        "id": "1", "name": "starter", "disk_mib": 1, "bandwidth_mib": null, "mailboxes": null, "databases": null,
        "features": [], "server_tags": ["ssd"], "created_at": "2026-01-01T00:00:00Z",
    });
    assert_eq!(objection(200, plans(plan.clone())), None);
    let with = |name: &str, value: Value| {
        let mut plan = plan.clone();
        plan[name] = value;
        objection(200, plans(plan)).unwrap()
    };
    assert!(with("colour", json!("red")).contains("colour"));
    assert!(with("disk_mib", json!("1")).contains("disk_mib"));
    assert!(with("features", json!([1])).contains("features"));
    assert!(objection(200, json!({ "plans": [] })).unwrap().contains("next_page_token"));
    assert!(objection(202, plans(plan)).unwrap().contains("202"));
    assert!(objection(500, json!({ "type": "about:blank" })).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_public_and_all_its_routes_exist() {
    let world = World::start().await;
    let served = send(world.bare(Method::GET, "/openapi.json")).await;
    assert_eq!(
        (served.status, served.header("content-type")),
        (StatusCode::OK, "application/json")
    );
    assert_eq!(served.body, document::document());
    let mut routes = 0;
    for (path, item) in served.body["paths"].as_object().unwrap() {
        for verb in item.as_object().unwrap().keys() {
            let method: Method = verb.to_uppercase().parse().unwrap();
            let path = path.replace("{id}", "0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f");
            let answer = send(world.bare(method, &path)).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{verb} {path}");
            routes += 1;
        }
    }
    assert_eq!(routes, OPERATIONS.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_requires_the_fields_that_the_document_requires() {
    let world = World::start().await;
    let document = document::document();
    for (message, required) in document::REQUIRED {
        let path = path_of(&document, message);
        let answer = world.post(&path, json!({})).await;
        let wrong = answer.wrong_fields();
        for field in required {
            assert!(wrong.contains(field), "{message}: {field} is not among {wrong:?}");
        }
    }
}

/// The path that a message is posted to.
fn path_of(document: &Value, message: &str) -> String {
    let wanted = format!("#/components/schemas/{message}");
    let paths = document["paths"].as_object().unwrap().iter();
    let mut found = paths.filter(|(_, item)| {
        item["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"] == wanted
    });
    found.next().unwrap().0.clone()
}
