//! PowerDNS's HTTP API as an operator uses it, without this product's client.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::powerdns::PowerDns;

/// The zone in PowerDNS's own form; `None` if there is no such zone.
pub(crate) async fn zone(powerdns: &PowerDns, name: &str) -> Option<Value> {
    let (status, body) = call(powerdns, Method::GET, &format!("/{name}."), None).await;
    match status {
        200 => Some(body),
        404 => None,
        _ => panic!("{status}: {body}"),
    }
}

/// Creates a zone without our mark.
pub(crate) async fn create_foreign_zone(powerdns: &PowerDns, name: &str) {
    let zone = json!({
        "name": format!("{name}."), "kind": "Native", "nameservers": ["ns9.elsewhere.test."],
    });
    assert_eq!(call(powerdns, Method::POST, "", Some(zone)).await.0, 201);
}

/// Writes a record set, and leaves the comments on it as they are.
pub(crate) async fn write_set(
    powerdns: &PowerDns,
    zone: &str,
    name: &str,
    kind: &str,
    content: &str,
) {
    let set = json!({ "rrsets": [{
        "name": format!("{name}."), "type": kind, "ttl": 300, "changetype": "REPLACE",
        "records": [{ "content": content, "disabled": false }],
    }]});
    assert_eq!(call(powerdns, Method::PATCH, &format!("/{zone}."), Some(set)).await.0, 204);
}

async fn call(
    powerdns: &PowerDns,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> (u16, Value) {
    let url = format!("{}/api/v1/servers/localhost/zones{path}", powerdns.api_url());
    let request =
        testkit::http::client().request(method, url).header("X-API-Key", powerdns.api_key());
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}
