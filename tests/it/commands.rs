//! Requests as AMQP messages, from a plain AMQP client.

use lapin::types::AMQPValue;
use serde_json::json;

use crate::{broker::Broker, system::System};

const COMMANDS: &str = "praho.commands";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_activates_a_service_and_a_bad_one_is_answered() {
    let system = System::start().await;
    let broker = Broker::connect(&system.servers.amqp_url, &system.prefix).await;
    let events = broker.events().await;
    let (service, domain) = system.service().await;

    let body = json!({ "idempotency_key": "activate-1", "service_id": service }).to_string();
    // The repeat changes nothing.
    for _ in 0..2 {
        broker.publish(COMMANDS, "service.activate", body.as_bytes(), "order-1").await;
    }
    let (event, _) = broker.next(&events, |it| it["type"] == "account.provisioned").await;
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["data"]["domain"], domain);
    assert_eq!(event["correlationid"], "order-1");
    let account = event["data"]["account_id"].as_str().unwrap();
    let seen = system.get(&format!("/accounts/{account}")).await;
    assert_eq!(seen["status"], "active");
    assert_eq!(system.creations(&domain), 1);
    let panel = system.panels.iter().find(|it| it.domain(&domain).is_some()).unwrap();
    let welcome = &event["data"];
    assert_eq!(welcome["username"], panel.domain(&domain).unwrap().username);
    assert!(welcome["panel_url"].as_str().unwrap().starts_with("https://127.0.0.1:"), "{event}");
    assert_eq!((&welcome["sftp_host"], &welcome["sftp_port"]), (&json!("127.0.0.1"), &json!(22)));
    let password = panel.password_of(&domain).unwrap();
    assert!(!event.to_string().contains(&password), "{event}");

    let body = json!({ "idempotency_key": "reset-1", "service_id": service }).to_string();
    broker.publish(COMMANDS, "service.reset_password", body.as_bytes(), "order-1b").await;
    let (event, _) = broker.next(&events, |it| it["type"] == "account.password_reset").await;
    assert_eq!(event["data"]["domain"], domain);
    let reset = panel.password_of(&domain).unwrap();
    assert_ne!(reset, password);
    assert!(!event.to_string().contains(&reset), "{event}");

    broker.publish(COMMANDS, "service.activate", b"{\"service\": 1", "order-2").await;
    let (event, _) = broker.next(&events, |it| it["type"] == "command.rejected").await;
    assert_eq!(event["correlationid"], "order-2");
    let (_, headers) = broker.next("praho.commands.dead", |_| true).await;
    let reason = headers.inner().get("x-praho-reason");
    assert!(
        matches!(reason, Some(AMQPValue::LongString(it)) if !it.as_bytes().is_empty()),
        "{reason:?}"
    );

    let unknown =
        json!({ "idempotency_key": "x", "service_id": "0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f" });
    let body = unknown.to_string();
    broker.publish(COMMANDS, "service.suspend", body.as_bytes(), "order-3").await;
    let (event, _) = broker.next(&events, |it| it["correlationid"] == "order-3").await;
    assert_eq!(event["type"], "command.rejected");
    assert_eq!(event["data"]["kind"], "not_found");
}
