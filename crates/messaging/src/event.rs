//! Events as `CloudEvents` 1.0 in structured JSON (the AMQP binding of `CloudEvents` is for AMQP 1.0 only).

use std::{collections::BTreeMap, time::Duration};

use model::job::Origin;
use serde::Serialize;
use serde_json::{Value, json};
use store::outbox::{EVENTS, NewMessage};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

/// An event: something that has happened.
#[derive(Clone, Debug)]
pub struct CloudEvent<'a> {
    /// The type, such as `account.provisioned`; also the routing key.
    pub kind: &'a str,
    /// The resource of the event, such as `accounts/<id>`.
    pub subject: String,
    /// The content of the event; never a secret.
    pub data: Value,
}

impl CloudEvent<'_> {
    /// An event whose `data` is one of the messages in `praho.messages.v1`.
    pub fn new<'a>(kind: &'a str, subject: String, data: &impl Serialize) -> CloudEvent<'a> {
        let data = serde_json::to_value(data).expect("a message is plain data");
        CloudEvent { kind, subject, data }
    }

    /// The event as a message for the outbox, written in the transaction of the change.
    pub fn message(&self, origin: &Origin) -> NewMessage {
        let id = Uuid::now_v7();
        let body = json!({
            "specversion": "1.0",
            "id": id,
            "source": "praho/provisioning",
            "type": self.kind,
            "subject": self.subject,
            "time": moment(id),
            "datacontenttype": "application/json",
            "correlationid": origin.correlation_id,
            "data": self.data,
        });
        NewMessage {
            exchange: EVENTS,
            routing_key: self.kind.to_owned(),
            message_type: self.kind.to_owned(),
            content_type: "application/cloudevents+json",
            body,
            headers: BTreeMap::new(),
            correlation_id: origin.correlation_id.clone(),
            traceparent: origin.traceparent.clone(),
            delay: Duration::ZERO,
        }
    }
}

/// The moment of a `UUIDv7`, as RFC 3339.
fn moment(id: Uuid) -> Option<String> {
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    let moment = OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).ok()?).ok()?;
    moment.replace_nanosecond(nanos).ok()?.format(&Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_cloud_event_under_its_own_type() {
        let origin = Origin {
            actor: "token:test".to_owned(),
            correlation_id: "correlation-1".to_owned(),
            traceparent: Some("00-1-2-01".to_owned()),
            client_address: None,
        };
        let event =
            CloudEvent::new("drift.detected", "servers/7".to_owned(), &json!({ "open": 3 }));
        let message = event.message(&origin);
        assert_eq!((message.exchange, message.routing_key.as_str()), (EVENTS, "drift.detected"));
        assert_eq!(message.message_type, "drift.detected");
        assert_eq!(message.content_type, "application/cloudevents+json");
        assert_eq!(message.correlation_id, "correlation-1");
        assert_eq!(message.traceparent.as_deref(), Some("00-1-2-01"));
        assert_eq!(message.body["source"], "praho/provisioning");
        assert_eq!(message.body["data"], json!({ "open": 3 }));
        assert!(!message.body.to_string().contains("token:test"), "who did it is not told");
    }

    #[test]
    fn its_time_is_that_of_its_id() {
        let id = "0190163d-8694-739b-aea5-966c26f8ad91".parse().unwrap();
        assert_eq!(moment(id).as_deref(), Some("2024-06-14T10:14:09.3Z"));
        assert_eq!(moment(Uuid::nil()), None);
    }
}
