//! The fault of each failure of the API. The servers of this file only fail; the real PowerDNS is in `tests/it`.

use axum::{Router, http::StatusCode, response::IntoResponse};
use model::{
    fault::{Effect, FaultKind},
    ids::TenantId,
};
use tokio::{io::AsyncReadExt, net::TcpListener};

use super::*;
use crate::apex::Apex;

const KEY: &str = "0123456789abcdef-key";

fn client(url: &str) -> Client {
    // Long enough for a busy machine, short enough for a server that never answers.
    let connections = connections_within(&fixtures::egress(), Duration::from_secs(2)).unwrap();
    let server = fixtures::rows::dns_server(TenantId::generate(), url.to_owned(), Vec::new());
    Client::new(connections, &server, Secret::from(KEY.to_owned()))
}

/// A client of a server with the same answer to every call.
async fn answering(answer: impl IntoResponse + Clone + Send + Sync + 'static) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(move || std::future::ready(answer.clone()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    client(&url)
}

fn shows_no_key(fault: &Fault) {
    assert!(!format!("{fault:?} {fault}").contains(KEY), "{fault:?}");
}

#[tokio::test]
async fn each_refusal_has_its_kind_and_effect() {
    use Effect::{NotApplied, Unknown};
    for (status, kind, effect) in [
        (StatusCode::UNAUTHORIZED, FaultKind::OutOfService, NotApplied),
        (StatusCode::FORBIDDEN, FaultKind::OutOfService, NotApplied),
        (StatusCode::BAD_REQUEST, FaultKind::Invalid, NotApplied),
        (StatusCode::UNPROCESSABLE_ENTITY, FaultKind::Invalid, NotApplied),
        (StatusCode::TOO_MANY_REQUESTS, FaultKind::RateLimited, NotApplied),
        (StatusCode::INTERNAL_SERVER_ERROR, FaultKind::Unavailable, Unknown),
        (StatusCode::BAD_GATEWAY, FaultKind::Unavailable, Unknown),
        (StatusCode::TEMPORARY_REDIRECT, FaultKind::Protocol, Unknown),
        (StatusCode::OK, FaultKind::Protocol, Unknown),
    ] {
        let client = answering(status).await;
        let fault = client.change("example.ro", &[]).await.unwrap_err();
        assert_eq!((fault.kind, fault.effect), (kind, effect), "{status}");
        let fault = client.delete("example.ro").await.unwrap_err();
        assert_eq!((fault.kind, fault.effect), (kind, effect), "{status}");
        if status != StatusCode::OK {
            let fault = client.zone("example.ro").await.unwrap_err();
            assert_eq!((fault.kind, fault.effect), (kind, NotApplied), "{status}");
        }
    }
}

#[tokio::test]
async fn a_refused_change_is_reported_with_the_reason_of_powerdns_and_without_the_key() {
    let body = format!(r#"{{"error": "RRset is bad, X-API-Key: {KEY}"}}"#);
    let client = answering((StatusCode::UNPROCESSABLE_ENTITY, body)).await;
    let fault = client.change("example.ro", &[]).await.unwrap_err();
    assert_eq!(
        fault.message,
        "changing zone example.ro on DNS server ns-lab: RRset is bad, X-API-Key: ***"
    );
    shows_no_key(&fault);
}

#[tokio::test]
async fn a_server_error_is_reported_with_the_reason_of_powerdns_and_bounded() {
    let told = async |body: String| {
        let client = answering((StatusCode::INTERNAL_SERVER_ERROR, body)).await;
        let fault = client.delete("example.ro").await.unwrap_err();
        shows_no_key(&fault);
        let at =
            "deleting zone example.ro on DNS server ns-lab: it answers 500 Internal Server Error";
        fault.message.strip_prefix(at).unwrap_or_else(|| panic!("{fault}")).to_owned()
    };
    let body = format!(r#"{{"error": "name is too\n long, key {KEY}"}}"#);
    assert_eq!(told(body).await, ": name is too long, key ***");
    assert_eq!(told("Internal Server Error".to_owned()).await, "");
    let long = format!(r#"{{"error": "{}"}}"#, "x".repeat(5000));
    assert_eq!(told(long).await, format!(": {}", "x".repeat(300)));
    assert_eq!(told("<html>".to_owned()).await, "");
    assert_eq!(told(String::new()).await, "");
}

#[tokio::test]
async fn the_words_of_another_program_are_for_the_log_alone() {
    for body in [
        "root:x:0:0:root:/root:/bin/bash".to_owned(),
        r#"{"error": {"type": "index_not_found", "reason": "inner-secret"}, "status": 404}"#
            .to_owned(),
        r#"{"error": "inner-secret", "token": "inner-secret"}"#.to_owned(),
        format!("<html>inner-secret {KEY}"),
    ] {
        for status in [400, 404, 405, 422, 500, 503] {
            let answer = (StatusCode::from_u16(status).unwrap(), body.clone());
            let client = answering(answer).await;
            let fault =
                client.create("example.ro", &Apex::from(&fixtures::rows::authority())).await;
            let fault = fault.unwrap_err();
            let shown = fault.message.contains("secret") || fault.message.contains("root");
            assert!(!shown, "{status}: {fault}");
            let cause = fault.cause.as_deref().unwrap_or_default();
            assert!(cause.contains("secret") || cause.contains("root:x"), "{status}: {cause}");
            shows_no_key(&fault);
        }
    }
}

#[tokio::test]
async fn a_server_at_an_inner_address_is_not_called_and_its_address_not_shown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = connections(&Egress::default()).unwrap();
    for (url, shown) in [
        (format!("https://127.0.0.1:{port}"), "its address is not one"),
        (format!("https://localhost:{port}"), "its address is not one"),
        (format!("http://ns1.example.net:{port}"), "http://"),
    ] {
        let server = fixtures::rows::dns_server(TenantId::generate(), url.clone(), Vec::new());
        let key = Secret::from(KEY.to_owned());
        let client = Client::new(connections.clone(), &server, key);
        let fault = client.change("example.ro", &[]).await.unwrap_err();
        assert_eq!((fault.kind, fault.effect), (FaultKind::OutOfService, Effect::NotApplied));
        assert!(fault.message.contains(shown) && !fault.message.contains("127."), "{url}: {fault}");
    }
    let called = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(called.is_err());
}

#[tokio::test]
async fn an_answer_that_is_not_a_zone_is_never_no_zone() {
    for body in ["", "<html>", "[]", "{}", r#"{"rrsets": "#] {
        let client = answering((StatusCode::OK, body)).await;
        let fault = client.zone("example.ro").await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Protocol, "{body}");
    }
}

#[tokio::test]
async fn follows_no_redirection_with_the_key() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", elsewhere.local_addr().unwrap());
    let client = answering((StatusCode::FOUND, [("location", url)])).await;
    assert!(client.zone("example.ro").await.is_err());
    let followed = tokio::time::timeout(Duration::from_millis(50), elsewhere.accept()).await;
    assert!(followed.is_err());
}

#[tokio::test]
async fn a_call_to_an_unreachable_server_has_no_effect() {
    let port = testkit::free_port();
    let client = client(&format!("http://127.0.0.1:{port}"));
    let fault = client.change("example.ro", &[]).await.unwrap_err();
    assert_eq!((fault.kind, fault.effect), (FaultKind::Unavailable, Effect::NotApplied));
    shows_no_key(&fault);
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_leaves_the_effect_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(&format!("http://{}", listener.local_addr().unwrap()));
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
    });
    let apex = Apex::from(&fixtures::rows::authority());
    let fault = client.create("example.ro", &apex).await.unwrap_err();
    assert_eq!((fault.kind, fault.effect), (FaultKind::Unavailable, Effect::Unknown));
}

#[tokio::test]
async fn a_server_that_never_answers_leaves_the_effect_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(&format!("http://{}", listener.local_addr().unwrap()));
    let fault = client.change("example.ro", &[]).await.unwrap_err();
    assert_eq!((fault.kind, fault.effect), (FaultKind::Timeout, Effect::Unknown));
    shows_no_key(&fault);
}

#[test]
fn a_client_prints_no_key() {
    assert!(!format!("{:?}", client("http://127.0.0.1:1")).contains(KEY));
}
