//! The OpenAPI document matches the code; `world::send` checks every answer of all these tests against it.

use std::fs;

use api::operations::OPERATIONS;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::unique;

use crate::world::{World, send};

mod document;
mod forms;
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
        "id": "0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f", "name": "starter", "disk_mib": 1, "bandwidth_mib": null, "mailboxes": null, "databases": null,
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
    assert!(with("features", json!(["colour"])).contains("features"));
    assert!(with("id", json!("1")).contains("uuid"));
    assert!(with("created_at", json!("today")).contains("date-time"));
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
    let server = world.server(10).await;
    let document = document::document();
    for (message, required) in document::REQUIRED {
        let (method, path) = route_of(&document, message);
        let request = world.request(method, &path.replace("{id}", &server));
        let answer = send(request.header("Idempotency-Key", unique("key")).json(&json!({}))).await;
        let wrong = answer.wrong_fields();
        for field in required {
            assert!(wrong.contains(field), "{message}: {field} is not among {wrong:?}");
        }
    }
}

/// A field of a request, with values inside and outside its form in the document.
struct Probe {
    field: String,
    good: Vec<Value>,
    bad: Vec<Value>,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_checks_what_the_document_says_and_nothing_narrower() {
    let world = World::start().await;
    let server = world.server(10).await;
    let document = document::document();
    let mut probed = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (verb, operation) in item.as_object().unwrap() {
            let method: Method = verb.to_uppercase().parse().unwrap();
            let path = path.replace("{id}", &server);
            for Probe { field, good, bad } in probes(&document, operation) {
                let wrong = async |value: &Value| {
                    let request = world.request(method.clone(), &path);
                    let request = if method == Method::GET {
                        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                        request.query(&[(&field, text)])
                    } else {
                        let body = json!({ &field: value });
                        request.header("Idempotency-Key", unique("key")).json(&body)
                    };
                    let answer = send(request).await;
                    let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
                    errors.iter().any(|it| it["field"] == *field || it["field"] == "query")
                };
                for value in good {
                    assert!(!wrong(&value).await, "{method} {path}: {field} is refused: {value}");
                    probed += 1;
                }
                // Who may be found by an id is found first, and this id is a server's.
                if !path.contains(&server) || path.starts_with("/servers") {
                    for value in bad {
                        assert!(wrong(&value).await, "{method} {path}: {field} is taken: {value}");
                        probed += 1;
                    }
                }
            }
        }
    }
    assert!(probed > 100, "{probed}");
}

/// The probes of an operation's fields that have words, lengths or ranges.
fn probes(document: &Value, operation: &Value) -> Vec<Probe> {
    let body = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    let name = body.as_str().map(|it| it.rsplit('/').next().unwrap());
    let schema = name.map(|it| &document["components"]["schemas"][it]["properties"]);
    let fields = schema.and_then(Value::as_object).into_iter().flatten();
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let queries = parameters.filter(|it| it["in"] == "query");
    let queries = queries.map(|it| (it["name"].as_str().unwrap(), &it["schema"]));
    fields
        .map(|(name, schema)| (name.as_str(), schema))
        .chain(queries)
        // An id must also be one of a thing that exists.
        .filter(|(field, _)| !field.ends_with("_id") || *field == "external_id")
        .filter_map(|(field, schema)| {
            let (good, bad) = values(schema)?;
            Some(Probe { field: field.to_owned(), good, bad })
        })
        .collect()
}

/// Values at the edges of a schema: inside and outside.
fn values(schema: &Value) -> Option<(Vec<Value>, Vec<Value>)> {
    if let Some(items) = schema.get("items") {
        let (good, bad) = values(items)?;
        // Some words go only with others, so the good ones come all together.
        return Some((vec![json!(good)], bad.into_iter().map(|it| json!([it])).collect()));
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return Some((words.clone(), vec![json!("nonsense")]));
    }
    if let Some(most) = schema.get("maxLength").and_then(Value::as_u64) {
        let text = |length: u64| json!("a".repeat(usize::try_from(length).unwrap()));
        let least = schema["minLength"].as_u64().unwrap_or_default();
        return Some((vec![text(least.max(1)), text(most)], vec![text(most + 1), json!("a\u{7}")]));
    }
    let (least, most) = (schema.get("minimum")?.as_u64()?, schema.get("maximum")?.as_u64()?);
    let below = least.checked_sub(1).filter(|_| least > 0);
    Some((
        vec![json!(least), json!(most)],
        below.into_iter().chain([most + 1]).map(Value::from).collect(),
    ))
}

/// The method and the path of the operation that takes a message.
fn route_of(document: &Value, message: &str) -> (Method, String) {
    let wanted = format!("#/components/schemas/{message}");
    let paths = document["paths"].as_object().unwrap().iter();
    let mut routes = paths.flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(verb, operation)| (verb, path, operation))
    });
    let found = routes.find(|(_, _, operation)| {
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"] == wanted
    });
    let (verb, path, _) = found.unwrap();
    (verb.to_uppercase().parse().unwrap(), path.clone())
}
