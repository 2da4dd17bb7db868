//! The life of a host that refuses much, as a live one did: names that are taken, no quotas, another password, a stop.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use simulators::virtualmin::{EffectKind, Options, Simulator};
use testkit::{Scratch, eventually_within, free_port, random_bytes};

use crate::system::{ACTIVE, Ground, System, id};

/// The calls to create services and to activate them, on the only host with the tag of their plan.
struct Orders<'a> {
    system: &'a System,
    plan: String,
    server: String,
}

impl Orders<'_> {
    async fn service(&self, domain: &str) -> String {
        let body = json!({ "plan_id": self.plan, "domain": domain });
        format!("/services/{}/activate", id(&self.system.post("/services", body).await))
    }

    /// Activates a service for the domain; returns the path of its account.
    async fn activate(&self, domain: &str) -> String {
        let activation = self.system.post(&self.service(domain).await, json!({})).await;
        format!("/accounts/{}", id(&activation["account"]))
    }

    async fn active(&self, account: &str) -> Value {
        self.system.until("the account is active", account, "active").await
    }

    async fn server(&self) -> Value {
        self.system.get(&format!("/servers/{}", self.server)).await
    }

    /// Waits until the server is out of service for a reason with these words.
    async fn out_of_service(&self, words: &str) {
        eventually_within(ACTIVE, "the server is out of service", async || {
            let server = self.server().await;
            if server["fault"].as_str().unwrap().contains(words) { Ok(()) } else { Err(server) }
        })
        .await;
    }
}

fn creations(panel: &Simulator, domain: &str) -> usize {
    panel.effects_on(domain).iter().filter(|it| it.kind == EffectKind::Created).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_refuses_much_carries_every_order_in_the_end() {
    let system = System::start_on(Ground { panel_seconds: 2, ..Ground::default() }).await;
    let scratch = Scratch::new("hard-host");
    let options = Options {
        listen: ([127, 0, 0, 1], free_port()).into(),
        state_directory: Some(scratch.path().join("panel")),
        ..system.host_options(3)
    };
    let panel = Simulator::start(options.clone()).await.unwrap();
    panel.keep_quotas(false);
    let plan = json!({
        "name": "hard", "disk_mib": 1024, "bandwidth_mib": 10240, "features": ["web"],
        "server_tags": ["hard"],
    });
    let plan = id(&system.post("/plans", plan).await);
    let server = system.register(&panel, json!({ "name": "vm3", "tags": ["hard"] })).await;
    let orders = Orders { system: &system, plan, server };

    // The host has a Unix user of the name that the domain gives.
    let name = format!("p{:08x}", u32::from_be_bytes(random_bytes()));
    assert!(panel.add_user(&name));
    let domain = format!("{name}.test");
    let account = orders.active(&orders.activate(&domain).await).await;
    assert_eq!(account["username"], format!("{name}2"));
    assert_eq!(creations(&panel, &domain), 1);

    // Its first account has shown that the host keeps no quotas.
    assert_eq!(orders.server().await["keeps_quotas"], json!(false));
    let domain = format!("{name}-second.test");
    let activate = orders.service(&domain).await;
    let (status, problem) = system.call(Method::POST, &activate, Some(json!({}))).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    let remedy = "praho servers update vm3 --without-quotas accept";
    assert!(problem["detail"].as_str().unwrap().contains(remedy), "{problem}");
    let accept = Some(json!({ "without_quotas": "accept" }));
    let path = format!("/servers/{}", orders.server);
    let (status, answer) = system.call(Method::PATCH, &path, accept).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let activation = system.post(&activate, json!({})).await;
    let unenforced = activation["account"]["placement"]["unenforced"][0].as_str().unwrap();
    assert!(unenforced.contains("1024 MiB of disk space is not enforced"), "{unenforced}");
    orders.active(&format!("/accounts/{}", id(&activation["account"]))).await;

    // Somebody changes the password of the panel, and gives it back.
    panel.set_password("changed by somebody");
    let domain = format!("{name}-third.test");
    let account = orders.activate(&domain).await;
    orders.out_of_service("credentials").await;
    assert_eq!(system.get(&account).await["status"], "pending");
    panel.set_password(panel.password());
    orders.active(&account).await;
    assert_eq!(creations(&panel, &domain), 1);

    // The panel stops in the middle of a creation.
    let before = panel.calls("create-domain");
    panel.set_latency("create-domain", Duration::from_secs(600));
    let domain = format!("{name}-fourth.test");
    let account = orders.activate(&domain).await;
    eventually_within(ACTIVE, "the creation has begun", async || {
        let calls = panel.calls("create-domain");
        if calls > before { Ok(()) } else { Err(calls) }
    })
    .await;
    panel.stop().await;
    orders.out_of_service("did not answer").await;
    let panel = Simulator::start(options).await.unwrap();
    panel.keep_quotas(false);
    orders.active(&account).await;
    assert_eq!(creations(&panel, &domain), 1);
    assert_eq!(panel.effects().iter().filter(|it| it.kind == EffectKind::Deleted).count(), 0);
    assert_eq!(orders.server().await["fault"], "");
}
