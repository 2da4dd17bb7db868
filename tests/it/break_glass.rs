//! A host whose remote API is gone: provisioned over SSH where a person allows it, and nowhere else.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use simulators::virtualmin::{CommandLine, EffectKind, Simulator};
use testkit::{Scratch, eventually_within, openssh::OpenSsh, proxy::Proxy, random_bytes};

use crate::system::{ACTIVE, Ground, System, id};

async fn put(system: &System, path: &str, body: Value) {
    let (status, answer) = system.call(Method::PUT, path, Some(body)).await;
    assert_eq!(status, StatusCode::OK, "{path}: {answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_allowed_server_provisions_while_its_remote_api_is_switched_off() {
    let system = System::start_on(Ground { panel_seconds: 2, ..Ground::default() }).await;
    let scratch = Scratch::new("break-glass");
    let panel = Simulator::start(system.host_options(3)).await.unwrap();
    let remote_api = Proxy::start(panel.address()).await.unwrap();
    let url = format!("https://{}", remote_api.address());
    let server = json!({ "name": "vm3", "tags": ["glass"], "url": url });
    let server = format!("/servers/{}", system.register(&panel, server).await);
    let plan = json!({ "name": "glass", "features": ["web"], "server_tags": ["glass"] });
    let plan = id(&system.post("/plans", plan).await);

    let _command = CommandLine::start(&panel, scratch.path()).await.unwrap();
    let path = format!("{}:/usr/bin:/bin", scratch.path().display());
    let sshd = OpenSsh::start(&scratch.path().join("openssh"), &[("PATH", path)]).await.unwrap();
    let way = json!({
        "host": "127.0.0.1", "port": sshd.address().port(), "user": sshd.user(),
        "host_keys": [sshd.fingerprint().unwrap()], "private_key": sshd.private_key().unwrap(),
    });
    put(&system, &format!("{server}/shell"), way).await;

    drop(remote_api);
    let domain = format!("p{:08x}.test", u32::from_be_bytes(random_bytes()));
    let service = id(&system.post("/services", json!({ "plan_id": plan, "domain": domain })).await);
    let activation = system.post(&format!("/services/{service}/activate"), json!({})).await;
    let job = format!("/jobs/{}", id(&activation["job"]));
    let command = "praho servers break-glass vm3 --for 30m --reason";
    eventually_within(ACTIVE, "the job waits and says what would help", async || {
        let job = system.get(&job).await;
        if job.to_string().contains(command) { Ok(()) } else { Err(job) }
    })
    .await;
    assert!(panel.effects_on(&domain).is_empty(), "nobody has allowed it");

    let leave = json!({ "minutes": 30, "reason": "remote.cgi is switched off" });
    put(&system, &format!("{server}/break-glass"), leave).await;
    let account = format!("/accounts/{}", id(&activation["account"]));
    system.until("the account is active", &account, "active").await;
    let made = panel.effects_on(&domain).iter().filter(|it| it.kind == EffectKind::Created).count();
    assert_eq!(made, 1);
}
