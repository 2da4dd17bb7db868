//! The AsyncAPI document matches the topology table and the contract of the messages.

use std::fs;

use contracts::messages::v1::{
    AccountEvent, CommandRejected, DriftEvent, ServerEvent, ServiceCommand, WakeUp,
};
use messaging::{CloudEvent, topology};
use model::job::Origin;
use serde_json::{Value, json};

use crate::{contract::Contract, openapi::check};

mod document;

#[test]
fn the_document_matches_the_topology_and_the_contract() {
    let wanted = serde_saphyr::to_string(&document::document()).unwrap();
    if include_str!("../../../../proto/asyncapi.yaml") == wanted {
        return;
    }
    let fresh = concat!(env!("CARGO_TARGET_TMPDIR"), "/asyncapi.yaml");
    fs::write(fresh, wanted).unwrap();
    panic!(
        "proto/asyncapi.yaml is not what the code says; look at what changed, then: cp {fresh} proto/asyncapi.yaml"
    );
}

#[test]
fn every_exchange_and_every_queue_has_its_channel() {
    let document = document::document();
    let channels = document["channels"].as_object().unwrap();
    let names = |place: &str| {
        let mut names: Vec<_> =
            channels.values().filter_map(|it| it.pointer(place)?.as_str()).collect();
        names.sort_unstable();
        names
    };
    let mut exchanges = topology::EXCHANGES.map(|(name, _)| name);
    exchanges.sort_unstable();
    assert_eq!(names("/bindings/amqp/exchange/name"), exchanges);
    let queues =
        topology::QUEUES.iter().flat_map(|(it, ..)| [(*it).to_owned(), topology::dead(it)]);
    let mut queues: Vec<_> = queues.collect();
    queues.sort_unstable();
    assert_eq!(names("/bindings/amqp/queue/name"), queues);
}

#[test]
fn every_message_of_the_contract_is_in_the_document() {
    let schemas = document::document()["components"]["schemas"].clone();
    for name in Contract::read(document::PACKAGE).messages.keys() {
        assert!(schemas.get(name).is_some(), "{name}");
    }
}

/// Compares an event that the code makes with the document's message of that name.
fn event(document: &Value, kind: &str, data: &impl serde::Serialize) -> Result<(), String> {
    let origin = Origin {
        actor: "token:1".to_owned(),
        correlation_id: "order-7".to_owned(),
        traceparent: None,
        client_address: None,
    };
    let message = CloudEvent::new(kind, "accounts/1".to_owned(), data).message(&origin);
    let described = &document["components"]["messages"][kind];
    assert_eq!(described["contentType"], message.content_type, "{kind}");
    check(document, &described["payload"], &message.body)
}

#[test]
fn published_messages_match_the_document() {
    let document = document::document();
    assert_eq!(event(&document, "account.provisioned", &AccountEvent::default()), Ok(()));
    assert_eq!(event(&document, "server.verified", &ServerEvent::default()), Ok(()));
    assert_eq!(event(&document, "drift.detected", &DriftEvent::default()), Ok(()));
    assert_eq!(event(&document, "command.rejected", &CommandRejected::default()), Ok(()));
    assert!(event(&document, "command.rejected", &AccountEvent::default()).is_err());
    for (name, body) in [
        ("ServiceCommand", serde_json::to_value(ServiceCommand::default()).unwrap()),
        ("WakeUp", serde_json::to_value(WakeUp::default()).unwrap()),
    ] {
        let payload = &document["components"]["messages"][name]["payload"];
        assert_eq!(check(&document, payload, &body), Ok(()), "{name}");
    }
    let command = &document["components"]["messages"]["ServiceCommand"]["payload"];
    assert!(check(&document, command, &json!({ "service_id": "1" })).is_err());
}
