//! The key of all secrets is exchanged while services run, and a used one cannot be dropped.

use serde_json::{Value, json};

use crate::{
    praho::Praho,
    system::{System, id, new_key},
};

/// The services that have keys, in the order of a restart: who opens comes before who seals.
const SERVICES: [&str; 4] =
    ["praho-virtualmin-gateway", "praho-dns-manager", "praho-api", "worker 1"];

/// Restarts all services that have keys.
async fn restart(system: &System) {
    for name in SERVICES {
        let service = system.service_named(name);
        service.stop().await;
        service.start_again().await;
    }
}

/// Activates a new service; returns its account.
async fn activate(system: &System) -> String {
    let (service, _) = system.service().await;
    let activation = system.post(&format!("/services/{service}/activate"), json!({})).await;
    let account = id(&activation["account"]);
    system.until("the account is active", &format!("/accounts/{account}"), "active").await;
    account
}

fn key<'a>(list: &'a Value, id: &str) -> &'a Value {
    let keys = list["keys"].as_array().unwrap();
    keys.iter().find(|it| it["id"] == id).unwrap_or_else(|| panic!("no {id}: {list}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_exchanged_under_running_services_and_a_used_one_cannot_be_dropped() {
    let system = System::start().await;
    let before = activate(&system).await;
    let (old, new) = (system.first_key.clone(), new_key("second"));

    // Too early: each service that opens something under the old key says which it lacks.
    system.write_keys(&[&new]);
    for name in &SERVICES[..3] {
        let service = system.service_named(name);
        service.stop().await;
        let log = service.refuses_to_start().await;
        assert!(log.contains("are sealed with the key test, which is not among"), "{name}: {log}");
    }

    let praho = Praho::new(&system, &system.token);
    system.write_keys(&[&new, &old]);
    for name in &SERVICES[..3] {
        system.service_named(name).start_again().await;
    }
    let refused = praho.run(&["keys", "rotate"]).await;
    assert_eq!(refused.code, 4, "{}", refused.words);
    assert!(refused.words.contains("praho-provisioning-worker does not have the key second"));
    let worker = system.service_named(SERVICES[3]);
    worker.stop().await;
    worker.start_again().await;
    let rotated = praho.done(&["keys", "rotate", "--wait", "-o", "json"]).await;
    let rotated: Value = serde_json::from_str(&rotated).unwrap();
    assert_eq!((&rotated["key_id"], &rotated["left"]), (&json!("second"), &json!(0)), "{rotated}");
    let list = system.get("/keys").await;
    assert_eq!(key(&list, "test")["droppable"], true, "{list}");
    let table = praho.done(&["keys", "list"]).await;
    assert!(table.contains("second") && table.contains("nothing"), "{table}");

    system.write_keys(&[&new]);
    restart(&system).await;
    activate(&system).await;
    let reveal = format!("/accounts/{before}/password/reveal");
    let shown = system.post(&reveal, json!({})).await;
    assert!(shown["password"].as_str().is_some_and(|it| it.len() > 8));
    for service in system.services() {
        for line in [&old, &new] {
            let secret = line.trim_end().split_once(':').unwrap().1;
            assert!(!service.log().contains(secret), "{} shows a key", service.name());
        }
    }
}
