//! Tests of texts that are too long for AMQP, and of the names and properties of messages.

use std::collections::BTreeMap;

use store::outbox::{COMMANDS, JOBS};
use time::OffsetDateTime;
use uuid::Uuid;

use super::*;
use crate::BrokerConfig;
use crate::topology::Owner;

fn row(exchange: &str, routing_key: &str) -> OutboxRow {
    OutboxRow {
        id: 1,
        message_id: Uuid::nil(),
        exchange: exchange.to_owned(),
        routing_key: routing_key.to_owned(),
        message_type: "t".repeat(300),
        content_type: "application/json".to_owned(),
        body: serde_json::json!({ "a": 1 }),
        headers: BTreeMap::from([("x".to_owned(), "é".repeat(LONGEST_HEADER))]),
        correlation_id: "c".to_owned(),
        traceparent: None,
        created_at: OffsetDateTime::UNIX_EPOCH,
    }
}

/// A broker without connections.
async fn broker() -> Broker {
    let (url, prefix) = ("amqp://127.0.0.1:1/%2f", "p.");
    Broker::connect(BrokerConfig {
        url,
        prefix,
        connection_name: "test",
        owner: Owner::Administrator,
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn only_events_may_be_unroutable_and_only_names_of_queues_get_the_prefix() {
    let broker = broker().await;
    for (exchange, key, on_the_wire, mandatory) in [
        (JOBS, "dns", "dns", true),
        (COMMANDS, "service.activate", "service.activate", true),
        (EVENTS, "account.provisioned", "account.provisioned", false),
        (DEAD, "praho.jobs.dns.dead", "p.praho.jobs.dns.dead", true),
    ] {
        let message = from_row(&broker, &row(exchange, key));
        assert_eq!(message.exchange, format!("p.{exchange}"));
        assert_eq!((message.routing_key.as_str(), message.mandatory), (on_the_wire, mandatory));
        assert_eq!(message.body, br#"{"a":1}"#);
    }
}

#[test]
fn a_text_too_long_for_amqp_is_cut_between_letters() {
    let properties = properties(&row(JOBS, "dns"));
    assert_eq!(properties.kind().as_ref().map(|it| it.as_str().len()), Some(255));
    let headers = properties.headers().clone().unwrap();
    let cut = "é".repeat(LONGEST_HEADER / 2);
    assert_eq!(headers.inner().get("x"), Some(&AMQPValue::LongString(cut.as_str().into())));
    assert_eq!(short(&format!("a{}", "é".repeat(200))).as_str().len(), 255);
    assert_eq!(short(&"é".repeat(200)).as_str().len(), 254);
    assert_eq!(short("short").as_str(), "short");
}
