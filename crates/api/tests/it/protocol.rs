//! REST as a protocol: problems, limits, headers, and what is not there.

use reqwest::{Method, StatusCode, header::CONTENT_TYPE};
use serde_json::json;

use crate::world::{World, send, text};

#[tokio::test(flavor = "multi_thread")]
async fn every_problem_is_a_document_under_the_callers_correlation() {
    let world = World::start().await;
    let request = world.request(Method::POST, "/plans").header("x-correlation-id", "order-7");
    let answer = send(request.json(&json!({ "name": "" }))).await;
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("x-correlation-id"), "order-7");
    let body = &answer.body;
    assert_eq!(
        (&body["type"], &body["status"]),
        (&json!("urn:praho:problem:invalid"), &json!(400))
    );
    assert_eq!(
        (&body["instance"], &body["correlation_id"]),
        (&json!("/api/v1/plans"), &json!("order-7"))
    );
    assert_eq!(body["errors"][0]["field"], "name");
    assert!(text(&body["errors"][0], "message").contains("1 to 63"), "{body}");
    assert!(!text(body, "title").is_empty());
    let made = send(
        world
            .request(Method::POST, "/plans")
            .header("x-correlation-id", "order-8")
            .json(&json!({ "name": "a" })),
    );
    assert_eq!(made.await.status, StatusCode::CREATED);
    let audited = "SELECT count(*) FROM audit_log WHERE correlation_id = 'order-8'";
    assert_eq!(world.number(audited).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_route_or_no_method_is_told() {
    let world = World::start().await;
    for path in ["/plan", "/", "/plans/a/b"] {
        let answer = world.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(text(&answer.body, "type"), "urn:praho:problem:not_found");
    }
    let answer = send(world.request(Method::DELETE, "/plans")).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let mut allowed: Vec<_> = answer.header("allow").split(',').collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
    let url = world.rest_url.clone() + "/elsewhere";
    let answer = send(testkit::http::client().get(url)).await;
    assert_eq!((answer.status, &answer.body["status"]), (StatusCode::NOT_FOUND, &json!(404)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_json_and_small() {
    let world = World::start().await;
    let before = world.rows().await;
    let post = || world.request(Method::POST, "/plans");
    let form = post().header(CONTENT_TYPE, "application/x-www-form-urlencoded").body("name=a");
    let bare = post().body(r#"{"name": "a"}"#);
    for request in [form, bare] {
        let answer = send(request).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert!(text(&answer.body, "detail").contains("application/json"), "{answer:?}");
    }
    let large = json!({ "name": "x".repeat(70_000) });
    let answer = send(post().json(&large)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    for (body, field) in [
        (r#"{"name": "a""#, "body"),
        (r#"["name"]"#, "body"),
        ("nonsense", "body"),
        (r#"{"nmae": "a"}"#, "nmae"),
        (r#"{"name": 7}"#, "name"),
        (r#"{"name": "a", "disk_mib": "much"}"#, "disk_mib"),
        (r#"{"name": "a", "disk_mib": -1}"#, "disk_mib"),
        (r#"{"name": "a", "features": "web"}"#, "features"),
        (r#"{"name": null}"#, "name"),
    ] {
        let answer =
            send(post().header(CONTENT_TYPE, "application/json; charset=utf-8").body(body));
        let answer = answer.await;
        assert_eq!(
            (answer.status, answer.wrong_fields()),
            (StatusCode::BAD_REQUEST, vec![field]),
            "{body}"
        );
    }
    assert_eq!(world.rows().await, before);
    let empty = send(post()).await;
    assert_eq!(empty.wrong_fields(), ["name"], "no body counts as an empty object");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_path_wins_over_the_body() {
    let world = World::start().await;
    let (one, other) = (world.service().await, world.service().await);
    let answer = world.post(&format!("/services/{one}/suspend"), json!({ "id": other })).await;
    assert!(text(&answer.body, "detail").contains("created"), "{answer:?}");
    let nobody = "0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f";
    let answer = world.post(&format!("/services/{nobody}/suspend"), json!({ "id": other })).await;
    assert!(text(&answer.body, "detail").contains(nobody), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_stops_when_asked_and_says_nothing_was_wrong() {
    let world = World::start().await;
    world.stop().await.unwrap();
}
