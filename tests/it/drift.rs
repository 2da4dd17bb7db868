//! Changes on hosts by people and by faults, with every service as a process.

use std::time::Duration;

use serde_json::{Value, json};
use simulators::virtualmin::Simulator;
use testkit::{eventually_within, proxy::Line};

use crate::{
    broker::Broker,
    system::{ACTIVE, Ground, System, id},
};

/// A system with a sweep every two seconds.
async fn watchful() -> System {
    System::start_on(Ground { sweep_seconds: 2, panel_seconds: 2, ..Ground::default() }).await
}

/// Activates `count` services; returns their domains.
async fn sites(system: &System, count: usize) -> Vec<String> {
    let mut domains = Vec::new();
    for _ in 0..count {
        let (service, domain) = system.service().await;
        let activation = system.post(&format!("/services/{service}/activate"), json!({})).await;
        let path = format!("/accounts/{}", id(&activation["account"]));
        system.until("the account is active", &path, "active").await;
        domains.push(domain);
    }
    domains
}

fn panel_of<'a>(system: &'a System, domain: &str) -> &'a Simulator {
    system.panels.iter().find(|it| it.domain(domain).is_some()).unwrap()
}

async fn findings(system: &System, status: &str) -> Vec<Value> {
    let path = format!("/findings?page_size=1000&status={status}");
    system.get(&path).await["findings"].as_array().unwrap().clone()
}

async fn jobs(system: &System) -> usize {
    system.get("/jobs?page_size=1000").await["jobs"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_virtual_server_deleted_or_switched_off_by_hand_is_back_within_a_period() {
    let system = watchful().await;
    let domains = sites(&system, 2).await;
    let [deleted, disabled] = [0, 1].map(|it| panel_of(&system, &domains[it]));
    // An empty listing would be doubted, so the host keeps another virtual server.
    assert!(deleted.create_by_hand("stray.test", "stray"));
    assert!(deleted.delete_by_hand(&domains[0]) && disabled.disable_by_hand(&domains[1]));
    for (panel, domain) in [(deleted, &domains[0]), (disabled, &domains[1])] {
        eventually_within(ACTIVE, "the virtual server is back", async || {
            let seen = panel.domain(domain);
            if seen.as_ref().is_some_and(|it| it.disabled.is_none()) {
                return Ok(());
            }
            let (findings, jobs) = (findings(&system, "open").await, system.get("/jobs").await);
            Err((seen, findings, jobs))
        })
        .await;
    }
    let mut closed = eventually_within(ACTIVE, "both findings are closed", async || {
        let closed = findings(&system, "closed").await;
        if closed.len() == 2 { Ok(closed) } else { Err(closed) }
    })
    .await;
    closed.sort_by_key(|it| it["field"].to_string());
    for (finding, (domain, field)) in
        closed.iter().zip([(&domains[0], "existence"), (&domains[1], "status")])
    {
        // The first sweep after the change found the difference, and no later sweep found it again.
        assert_eq!(
            (&finding["domain"], &finding["field"], &finding["count"]),
            (&json!(domain), &json!(field), &json!(1))
        );
        let job = system.get(&format!("/jobs/{}", finding["job_id"].as_str().unwrap())).await;
        assert_eq!((&job["kind"], &job["status"]), (&json!("account.heal"), &json!("completed")));
    }
    let open = findings(&system, "open").await;
    assert_eq!((open.len(), &open[0]["domain"]), (1, &json!("stray.test")));
    assert_eq!((&open[0]["field"], &open[0]["job_id"]), (&json!("unknown"), &json!("")));
    assert!(deleted.domain("stray.test").unwrap().disabled.is_none());
    assert!(deleted.effects_on("stray.test").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_suddenly_lists_nothing_raises_one_alert_and_causes_no_job() {
    let system = watchful().await;
    let broker = Broker::connect(&system.servers.amqp_url, &system.prefix).await;
    let domains = sites(&system, 3).await;
    let panel = panel_of(&system, &domains[0]);
    let (before, effects) = (jobs(&system).await, system.effects().len());
    let events = broker.events().await;
    for domain in &domains {
        panel.delete_by_hand(domain);
    }
    let (event, _) = broker.next(&events, |it| it["type"] == "drift.detected").await;
    assert_eq!(
        (&event["data"]["field"], &event["data"]["severity"]),
        (&json!("listing"), &json!("critical"))
    );
    eventually_within(ACTIVE, "it is seen several times", async || {
        let open = findings(&system, "open").await;
        assert_eq!((open.len(), &open[0]["field"]), (1, &json!("listing")));
        if open[0]["count"].as_u64() >= Some(4) { Ok(()) } else { Err(open) }
    })
    .await;
    let mut told = broker.types(&events).await;
    // Heads of the audit log come on their own schedule.
    told.retain(|it| it != "audit.head_signed");
    assert_eq!(told, [""; 0], "nothing else was told");
    assert_eq!((jobs(&system).await, system.effects().len()), (before, effects));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_is_cut_off_goes_down_in_two_steps_and_returns_by_itself() {
    let system = watchful().await;
    let servers = system.get("/servers").await;
    let server = servers["servers"].as_array().unwrap().iter().find(|it| it["name"] == "vm1");
    let path = format!("/servers/{}", id(server.unwrap()));
    system.lines[0].set(Line::Cut);
    let degraded = system.until("it is degraded", &path, "degraded").await;
    let reason = degraded["status_reason"].as_str().unwrap();
    assert!(reason.contains("checks in a row failed"), "{reason}");
    // No new account is placed on the server.
    let domains = sites(&system, 2).await;
    assert!(domains.iter().all(|it| system.panels[1].domain(it).is_some()));
    system.until("it is unavailable", &path, "unavailable").await;
    system.lines[0].set(Line::Good);
    let back = system.until("it is active again", &path, "active").await;
    assert_eq!(back["status_reason"], json!(""));
    eventually_within(Duration::from_secs(30), "its failures are forgotten", async || {
        let drift = system.get(&format!("{path}/drift")).await;
        if (&drift["failures"], &drift["last_error"]) == (&json!(0), &json!("")) {
            Ok(())
        } else {
            Err(drift)
        }
    })
    .await;
}
