//! The ways to the shells of servers, and the leave to go them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{Answer, KEY, World, send, text};

const PRIVATE_KEY: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2hlbGwta2V5LWNhbmFyeQ==\n-----END OPENSSH PRIVATE KEY-----\n";
const CANARY: &str = "c2hlbGwta2V5LWNhbmFyeQ";

/// The fingerprint of a host key.
fn fingerprint(letter: &str) -> String {
    format!("SHA256:{}A", letter.repeat(42))
}

fn way() -> Value {
    json!({ "host": "127.0.0.1", "port": 2222, "host_keys": [fingerprint("b")], "private_key": PRIVATE_KEY })
}

async fn put(world: &World, path: &str, body: Value) -> Answer {
    send(world.request(Method::PUT, path).json(&body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_private_key_of_a_shell_is_sealed_and_shown_nowhere() {
    let world = World::start().await;
    let server = world.server(10).await;
    let path = format!("/servers/{server}/shell");
    let mut keyless = way();
    keyless["private_key"] = json!("");
    assert_eq!(put(&world, &path, keyless.clone()).await.wrong_fields(), ["private_key"]);

    let set = put(&world, &path, way()).await;
    assert_eq!(set.status, StatusCode::OK, "{set:?}");
    let shell = &set.body["shell"];
    assert_eq!((&shell["host"], &shell["port"]), (&json!("127.0.0.1"), &json!(2222)));
    assert_eq!((&shell["user"], &shell["host_keys"]), (&json!("root"), &json!([fingerprint("b")])));
    assert_eq!(world.get(&format!("/servers/{server}")).await.body, set.body);

    keyless["host_keys"] = json!([fingerprint("b"), fingerprint("c")]);
    let exchanged = put(&world, &path, keyless).await;
    assert_eq!(exchanged.body["shell"]["host_keys"].as_array().unwrap().len(), 2);
    let sealed: Vec<u8> = sqlx::query_scalar("SELECT sealed_private_key FROM server_shell_keys")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    let keyring = chassis::seal::Keyring::parse(&chassis::SecretString::from(KEY)).unwrap();
    let opened = keyring.open(&format!("server/{server}/shell-key"), &sealed).unwrap();
    assert_eq!(*opened, PRIVATE_KEY.as_bytes(), "the present one stays");
    assert!(!world.everything_written().await.contains(CANARY));
    assert!(!exchanged.body.to_string().contains(CANARY));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_way_is_refused_field_by_field_without_the_key() {
    let world = World::start().await;
    let path = format!("/servers/{}/shell", world.server(10).await);
    for (field, value) in [
        ("host", json!("")),
        ("host", json!("10.0.0.5")),
        ("host", json!("-oProxyCommand=x")),
        ("port", json!(65_536)),
        ("user", json!("Root")),
        ("host_keys", json!([])),
        ("host_keys", json!(["MD5:00"])),
        ("private_key", json!(format!("{CANARY} hunter2"))),
    ] {
        let mut wrong = way();
        wrong[field] = value;
        let answer = put(&world, &path, wrong).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{field}: {answer:?}");
        assert_eq!(answer.wrong_fields(), [field]);
        assert!(!answer.body.to_string().contains(CANARY), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn break_glass_is_allowed_by_an_admin_for_a_time_with_a_reason_and_audited() {
    let world = World::start().await;
    let server = world.server(10).await;
    let (shell, path) =
        (format!("/servers/{server}/shell"), format!("/servers/{server}/break-glass"));
    let wanted = json!({ "minutes": 30, "reason": "remote.cgi is down" });
    let early = put(&world, &path, wanted.clone()).await;
    assert_eq!(early.status, StatusCode::CONFLICT, "{early:?}");
    assert!(early.body.to_string().contains("praho servers ssh set"), "{early:?}");
    assert_eq!(put(&world, &shell, way()).await.status, StatusCode::OK);

    for minutes in [0, 481] {
        let wrong = json!({ "minutes": minutes, "reason": "why" });
        assert_eq!(put(&world, &path, wrong).await.wrong_fields(), ["minutes"]);
    }
    let silent = json!({ "minutes": 30, "reason": " " });
    assert_eq!(put(&world, &path, silent).await.wrong_fields(), ["reason"]);
    let operator = world.token("operator").await;
    let request = world.bare(Method::PUT, &path).bearer_auth(operator).json(&wanted);
    assert_eq!(send(request).await.status, StatusCode::FORBIDDEN);

    let allowed = put(&world, &path, wanted).await;
    let given = &allowed.body["shell"];
    assert_eq!(given["break_glass_reason"], "remote.cgi is down", "{allowed:?}");
    assert!(text(given, "break_glass_by").starts_with("token:"), "{given}");
    let left: f64 = sqlx::query_scalar(
        "SELECT extract(epoch FROM break_glass_until - now())::float8 FROM servers",
    )
    .fetch_one(&world.pool)
    .await
    .unwrap();
    assert!(left > 1700.0 && left <= 1800.0, "{left}");

    let ended = send(world.request(Method::DELETE, &path)).await;
    assert_eq!(ended.status, StatusCode::OK, "{ended:?}");
    assert_eq!(ended.body["shell"]["break_glass_reason"], "");
    assert_eq!(send(world.request(Method::DELETE, &path)).await.body, ended.body, "it stays ended");
    let told = world
        .number("SELECT count(*) FROM audit_log WHERE action IN ('server.shell', 'server.break_glass', 'server.end_break_glass')")
        .await;
    assert_eq!(told, 3, "each change once");
}
