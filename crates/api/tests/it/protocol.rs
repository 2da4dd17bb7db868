//! REST as a protocol: problems, limits, headers and unknown routes.

use api::operations::OPERATIONS;
use contracts::{
    provisioning::v1::{ListPlansRequest, plans_client::PlansClient},
    status::from_status,
};
use reqwest::{Method, StatusCode, header::CONTENT_TYPE};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tonic::Code;

use crate::{
    grpc::{channel, with_token},
    world::{World, send, text},
};

#[tokio::test(flavor = "multi_thread")]
async fn every_problem_is_a_document_under_the_callers_correlation() {
    let world = World::start().await;
    let request = world.intent("/plans").header("x-correlation-id", "order-7");
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
        world.intent("/plans").header("x-correlation-id", "order-8").json(&json!({ "name": "a" })),
    );
    assert_eq!(made.await.status, StatusCode::CREATED);
    let audited = "SELECT count(*) FROM audit_log WHERE correlation_id = 'order-8'";
    assert_eq!(world.number(audited).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_routes_and_methods_are_reported() {
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
    let post = || world.intent("/plans");
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
        (r#"{"name": "a", "name": "b"}"#, "body"),
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
async fn a_head_is_small_and_a_page_has_an_end() {
    let world = World::start().await;
    let large = world.request(Method::GET, "/plans").header("x-note", "x".repeat(17_000));
    let answer = send(large).await;
    assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let long = format!("/plans?page_token={}", "x".repeat(17_000));
    assert_eq!(world.get(&long).await.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    // Keys and programs are few, so their lists have no pages.
    let has_pages = |path: &str| !["/keys", "/programs"].contains(&path);
    let lists = OPERATIONS.iter().filter(|it| it.rpc.contains("/List") && has_pages(it.path));
    for operation in lists {
        let answer = world.get(&format!("{}?page_size=1001", operation.path)).await;
        assert_eq!(answer.wrong_fields(), ["page_size"], "{operation:?}");
        let answer = world.get(&format!("{}?page_token=2", operation.path)).await;
        assert_eq!(answer.wrong_fields(), ["page_token"], "{operation:?}");
        let answer = world.get(&format!("{}?page=2", operation.path)).await;
        assert_eq!(answer.wrong_fields(), ["query"], "{operation:?}");
    }
}

/// The answer to a request as it is written on the wire.
async fn raw(world: &World, head: &str) -> String {
    let address = world.rest_url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{head}\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn http_1_1_names_one_host() {
    let world = World::start().await;
    let line = "GET /api/v1/openapi.json HTTP/1.1";
    for hosts in ["", "\r\nHost: a\r\nHost: b", "\r\nHost: a b", "\r\nHost: x@a", "\r\nHost:"] {
        let answer = raw(&world, &format!("{line}{hosts}")).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{hosts:?}: {answer}");
        assert!(answer.contains("content-type: application/problem+json"), "{answer}");
        assert!(answer.contains("\"field\":\"Host\""), "{answer}");
    }
    for good in [
        format!("{line}\r\nHost: api.example.net:8080"),
        format!("{line}\r\nHost: [::1]:8080"),
        "GET /api/v1/openapi.json HTTP/1.0".to_owned(),
    ] {
        let answer = raw(&world, &good).await;
        assert!(answer.contains(" 200 OK"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_headers_are_a_problem_document() {
    let world = World::start().await;
    for count in [101, 200] {
        let headers = (0..count).map(|number| format!("\r\nx-{number}: a")).collect::<String>();
        let answer = raw(&world, &format!("GET /api/v1/plans HTTP/1.1\r\nHost: a{headers}")).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
        assert!(answer.contains("content-type: application/problem+json"), "{answer}");
        assert!(answer.contains("more than 100 headers"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rate_limit_counts_rest_and_grpc_calls_of_a_token_together() {
    let world =
        World::with(&[("RATE_LIMIT__REQUESTS", "3"), ("RATE_LIMIT__WINDOW_SECONDS", "3600")]).await;
    let viewer = world.token("viewer").await;
    let first = send(world.bare(Method::GET, "/plans").bearer_auth(&viewer)).await;
    assert_eq!(first.header("ratelimit-policy"), "\"token\";q=3;w=3600");
    assert_eq!(first.header("ratelimit"), "\"token\";r=2;t=3600");
    let denied = send(world.bare(Method::GET, "/tokens").bearer_auth(&viewer)).await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
    assert!(denied.header("ratelimit").starts_with("\"token\";r=1;"), "{denied:?}");
    let mut plans = PlansClient::new(channel(&world).await);
    let answer = plans.list_plans(with_token(ListPlansRequest::default(), &viewer)).await.unwrap();
    assert!(
        answer.metadata().get("ratelimit").unwrap().to_str().unwrap().starts_with("\"token\";r=0;")
    );

    for path in ["/plans", "/tokens"] {
        let answer = send(world.bare(Method::GET, path).bearer_auth(&viewer)).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(answer.body["type"], "urn:praho:problem:rate_limited");
        let wait: u64 = answer.header("retry-after").parse().unwrap();
        assert!((3000..=3600).contains(&wait), "{wait}");
    }
    let refused =
        plans.list_plans(with_token(ListPlansRequest::default(), &viewer)).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(from_status(&refused).retry_after_seconds.is_some());
    assert_eq!(world.get("/plans").await.status, StatusCode::OK, "another token");
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
async fn the_service_stops_on_request_without_an_error() {
    let world = World::start().await;
    world.stop().await.unwrap();
}
