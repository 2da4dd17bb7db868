//! Secrets stay sealed in their columns and appear nowhere else.

use std::{
    io,
    sync::{Arc, Mutex},
};

use reqwest::StatusCode;
use serde_json::json;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::world::{World, dns_server, id, server, text};

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_logged_or_written_anywhere_in_the_open() {
    let log = Log::default();
    let filter = EnvFilter::new("debug,h2=info,hyper=info,hyper_util=info,lapin=info");
    // Without nextest another test of this process may have set the logger first. Then the test checks the
    // rows only.
    let logs =
        tracing_subscriber::fmt().with_writer(log.clone()).with_env_filter(filter).try_init();
    let world = World::start().await;
    id(&world.post_once("key-1", "/servers", server(10)).await);
    id(&world.post_once("key-2", "/dns-servers", dns_server()).await);
    let mut wrong = server(0);
    wrong["tags"] = json!("panel-password-7");
    assert_eq!(world.post("/servers", wrong).await.status, StatusCode::BAD_REQUEST);
    let mut wrong = server(0);
    wrong["username"] = json!({ "password": "panel-password-7" });
    assert_eq!(world.post("/servers", wrong).await.status, StatusCode::BAD_REQUEST);

    let made = world.post_once("key-3", "/tokens", json!({ "name": "a", "role": "viewer" })).await;
    let token = text(&made.body, "secret");
    let again = json!({ "name": "a", "role": "viewer" });
    assert_eq!(world.post_once("key-3", "/tokens", again).await.status, StatusCode::CONFLICT);

    let (service, account) = world.active_service().await;
    let path = format!("/accounts/{account}/password/reset");
    let given = json!({ "password": "g1ven-Passw0rd" });
    assert_eq!(world.post_once("key-4", &path, given).await.status, StatusCode::ACCEPTED);
    let path = format!("/services/{service}/activate");
    let late = json!({ "password": "late-Passw0rd" });
    assert_eq!(world.post(&path, late).await.status, StatusCode::CONFLICT);
    let service = world.service().await;
    let path = format!("/services/{service}/activate");
    let first = json!({ "password": "f1rst-Passw0rd" });
    assert_eq!(world.post_once("key-5", &path, first).await.status, StatusCode::ACCEPTED);
    let account = text(&world.get(&format!("/services/{service}")).await.body, "account_id");
    world.execute("UPDATE accounts SET status = 'active' WHERE id = $1", &account).await;
    world.execute("DELETE FROM account_passwords WHERE account_id = $1", &account).await;
    world.generated(&account, "g3nerated-Passw0rd").await;
    let path = format!("/accounts/{account}/password/reveal");
    let shown = world.post_once("key-6", &path, json!({})).await;
    assert_eq!(text(&shown.body, "password"), "g3nerated-Passw0rd");

    let rows = world.everything_written().await;
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(rows.contains("server.register"), "{rows}");
    assert!(logs.is_err() || logged.contains("answered"), "{logged}");
    let secrets = [
        "panel-password-7",
        "powerdns-key-7",
        "g1ven-Passw0rd",
        "late-Passw0rd",
        "f1rst-Passw0rd",
        "g3nerated-Passw0rd",
        &world.token,
        &token,
    ];
    for secret in secrets {
        assert!(!rows.contains(secret), "{secret} in {rows}");
        assert!(!logged.contains(secret), "{secret} in {logged}");
    }
}
