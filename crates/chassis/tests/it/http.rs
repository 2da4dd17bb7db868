//! Tests of health over HTTP, and of requests that run when the stop comes.

use std::{sync::Arc, time::Duration};

use axum::{Router, routing::get};
use chassis::{Listener, Shutdown, config::Listen, health::Health, http};
use serde_json::Value;
use tokio::{net::TcpStream, sync::Notify, task::JoinHandle};

struct Server {
    url: String,
    shutdown: Shutdown,
    served: JoinHandle<anyhow::Result<()>>,
}

impl Server {
    fn address(&self) -> String {
        self.url.trim_start_matches("http://").to_owned()
    }
}

fn here() -> Listen {
    Listen::plain("127.0.0.1:0".parse().unwrap())
}

async fn serve(router: impl FnOnce(&Shutdown) -> Router) -> Server {
    let shutdown = Shutdown::new();
    let listener = Listener::bind(&here()).await.unwrap();
    let url = format!("http://{}", listener.address());
    let served = tokio::spawn(http::serve(listener, router(&shutdown), shutdown.clone()));
    Server { url, shutdown, served }
}

async fn fetch(url: &str, path: &str) -> reqwest::Result<(u16, String)> {
    chassis::tls::install_provider();
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
    let answer = client.get(format!("{url}{path}")).send().await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

#[tokio::test]
async fn ready_says_which_check_failed() {
    let server = serve(|shutdown| {
        let health = Health::new(shutdown);
        health.check("database", || async { Ok::<_, String>(()) });
        health.check("broker", || async { Err("connection refused") });
        http::routes(&health)
    })
    .await;
    assert_eq!(fetch(&server.url, "/livez").await.unwrap().0, 200);
    let (status, body) = fetch(&server.url, "/readyz").await.unwrap();
    assert_eq!(status, 503);
    let body: Value = serde_json::from_str(&body).unwrap();
    let expected = serde_json::json!({ "ready": false, "checks": [
        { "name": "database", "ok": true },
        { "name": "broker", "ok": false, "detail": "connection refused" },
    ]});
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_request_under_way_is_answered_after_the_stop() {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (begun.clone(), go.clone());
    let slow = move || {
        let (tell, wait) = (tell.clone(), wait.clone());
        async move {
            tell.notify_one();
            wait.notified().await;
            "done"
        }
    };
    let server = serve(|_| Router::new().route("/slow", get(slow))).await;
    let (url, address) = (server.url.clone(), server.address());
    let request = tokio::spawn(async move { fetch(&url, "/slow").await });
    begun.notified().await;
    server.shutdown.request();
    // The closed port shows that the stop has arrived everywhere, and the request is still waiting.
    while TcpStream::connect(&address).await.is_ok() {}
    go.notify_one();
    assert_eq!(request.await.unwrap().unwrap(), (200, "done".to_owned()));
    server.served.await.unwrap().unwrap();
    assert!(fetch(&server.url, "/slow").await.unwrap_err().is_connect());
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_the_stop() {
    let server = serve(|shutdown| http::routes(&Health::new(shutdown))).await;
    let _idle = TcpStream::connect(server.address()).await.unwrap();
    fetch(&server.url, "/livez").await.unwrap();
    server.shutdown.request();
    let stopped = tokio::time::timeout(Duration::from_secs(5), server.served).await;
    stopped.expect("in time").unwrap().unwrap();
}

#[tokio::test]
async fn a_handler_that_panics_is_answered_with_500() {
    async fn broken() -> &'static str {
        panic!("beyond repair")
    }
    let server = serve(|_| Router::new().route("/broken", get(broken))).await;
    assert_eq!(fetch(&server.url, "/broken").await.unwrap().0, 500);
}

#[tokio::test]
async fn a_taken_port_fails_with_its_address() {
    let first = Listener::bind(&here()).await.unwrap();
    let error =
        Listener::bind(&Listen::plain(first.address())).await.map(drop).unwrap_err().to_string();
    assert_eq!(error, format!("cannot listen on {}", first.address()));
}
