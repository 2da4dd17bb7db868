//! Secrets stay sealed in their columns and appear nowhere else.

use reqwest::StatusCode;
use serde_json::json;

use crate::{
    log::Log,
    world::{World, dns_server, id, server, text},
};

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_logged_or_written_anywhere_in_the_open() {
    let log = Log::default();
    // Without nextest another test of this process may have set the logger first. Then the test checks the
    // rows only.
    let logs = log.take();
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
    let logged = log.text();
    assert!(rows.contains("server.register"), "{rows}");
    assert!(!logs || logged.contains("answered"), "{logged}");
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
