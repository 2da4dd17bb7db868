//! Makes the AsyncAPI document from the table of exchanges and queues, and from the messages' contract, whose
//! comments name the types of events.

use api::operations::COMMANDS as COMMAND_KEYS;
use lapin::ExchangeKind;
use messaging::topology::{DELIVERY_LIMIT, EXCHANGES, QUEUES, dead};
use serde_json::{Map, Value, json};
use store::outbox::{COMMANDS, DEAD, EVENTS, JOBS};

use crate::contract::{Contract, object, reference};

/// The protobuf package of bodies on RabbitMQ.
pub(crate) const PACKAGE: &str = "praho.messages.v1";

const ABOUT: &str = "What goes over RabbitMQ: commands of programs that ask for work, events that tell what happened, and inside PRAHO the \
wake-ups of workers. Bodies are JSON. Each queue has a dead-letter queue, whose messages carry the reason in the header x-praho-reason.";

pub(crate) fn document() -> Value {
    let contract = Contract::read(PACKAGE);
    let mut messages = Map::new();
    let mut schemas = Map::new();
    for (name, message) in &contract.messages {
        let mut schema = object(&contract, name, &message.field);
        let all = message.field.iter().map(|it| it.name());
        schema["required"] = match name.as_str() {
            "ServiceCommand" => json!(["idempotency_key", "service_id"]),
            _ => all.collect(),
        };
        schema["additionalProperties"] = json!(false);
        schemas.insert(name.clone(), schema);
        if matches!(name.as_str(), "ServiceCommand" | "WakeUp") {
            messages.insert(name.clone(), plain(name));
        } else {
            for kind in keys(&contract, name) {
                messages.insert(kind.clone(), event(&kind, name));
            }
        }
    }
    schemas.insert("Headers".to_owned(), headers());
    schemas.insert("DeadHeaders".to_owned(), dead_headers());
    messages.insert(
        "DeadLetter".to_owned(),
        json!({
            "summary": "A message as it came, the size and SHA-256 of a command that cannot be read, or the wake-up of a job that failed for good.",
            "headers": reference("DeadHeaders"),
            "correlationId": { "$ref": "#/components/correlationIds/default" },
        }),
    );
    json!({
        "asyncapi": "3.0.0",
        "info": { "title": "PRAHO Provisioning", "version": "v1", "description": ABOUT },
        "defaultContentType": "application/json",
        "servers": { "rabbitmq": {
            "host": "localhost:5672", "protocol": "amqp", "protocolVersion": "0.9.1",
            "description": "RabbitMQ. Names may stand behind a prefix ([amqp] prefix in the configuration).",
        } },
        "channels": channels(&messages),
        "operations": operations(),
        "components": {
            "correlationIds": { "default": {
                "description": "The property correlation_id: the correlation id of the request or command that caused the message.",
                "location": "$message.header#/correlation_id",
            } },
            "messages": messages,
            "schemas": schemas,
        },
    })
}

/// The routing keys in a message's comment.
fn keys(contract: &Contract, message: &str) -> Vec<String> {
    let comment = contract.comment(message).unwrap_or_else(|| panic!("{message} has no comment"));
    let words = comment.split_whitespace().map(|it| it.trim_matches([',', '.', ':', ';']));
    let part = |it: &str| !it.is_empty() && it.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let key = |it: &&str| {
        it.split_once('.').is_some_and(|(one, two)| one != "praho" && part(one) && part(two))
    };
    let keys: Vec<_> = words.filter(key).map(str::to_owned).collect();
    assert!(!keys.is_empty(), "the comment of {message} names no routing key");
    keys
}

fn plain(name: &str) -> Value {
    json!({
        "name": name,
        "contentType": "application/json",
        "headers": reference("Headers"),
        "correlationId": { "$ref": "#/components/correlationIds/default" },
        "payload": reference(name),
    })
}

/// The schema of a message in the envelope of CloudEvents 1.0.
fn event(kind: &str, data: &str) -> Value {
    let text = json!({ "type": "string" });
    json!({
        "name": kind,
        "contentType": "application/cloudevents+json",
        "headers": reference("Headers"),
        "correlationId": { "$ref": "#/components/correlationIds/default" },
        "payload": {
            "type": "object",
            "required": ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "correlationid", "data"],
            "properties": {
                "specversion": { "const": "1.0" },
                "id": { "type": "string", "format": "uuid" },
                "source": { "const": "praho/provisioning" },
                "type": { "const": kind },
                "subject": text,
                "time": { "type": "string", "format": "date-time" },
                "datacontenttype": { "const": "application/json" },
                "correlationid": text,
                "data": reference(data),
            },
        },
    })
}

fn headers() -> Value {
    json!({
        "type": "object",
        "properties": {
            "traceparent": { "type": "string", "description": "W3C trace context, where there is one." },
        },
    })
}

fn dead_headers() -> Value {
    let text = |description: &str| json!({ "type": "string", "description": description });
    json!({
        "type": "object",
        "properties": {
            "x-praho-reason": text("The reason for the failure or the refusal."),
            "x-praho-queue": text("The queue that a refused or unreadable message came from."),
            "x-praho-routing-key": text("The routing key of a refused or unreadable message."),
            "x-praho-attempts": text("The number of attempts of the job, if the message is the wake-up of one."),
            "x-praho-fault": text("The kind of the last fault of the job, if the message is the wake-up of one."),
            "traceparent": text("W3C trace context, where there is one."),
        },
    })
}

fn channels(messages: &Map<String, Value>) -> Value {
    let mut channels = Map::new();
    let one = |name: &str| json!({ (name): { "$ref": format!("#/components/messages/{name}") } });
    for (exchange, kind) in EXCHANGES {
        let of = |exchange: &str| -> Vec<&str> {
            QUEUES.iter().filter(|it| it.1 == exchange).map(|(_, _, key)| *key).collect()
        };
        let (keys, carried, about) = match exchange {
            COMMANDS => {
                let about = "Programs ask for work here. The event command.rejected, with the correlation_id of the command, carries the error of a refused command.";
                let keys: Vec<_> = COMMAND_KEYS.iter().map(|(key, _)| (*key).to_owned()).collect();
                (keys, one("ServiceCommand"), about)
            }
            JOBS => {
                let keys = of(JOBS).into_iter().map(str::to_owned).collect();
                (keys, one("WakeUp"), "Inside PRAHO: tells workers to look at a job.")
            }
            EVENTS => {
                let events = messages.keys().filter(|it| it.contains('.'));
                let carried: Map<_, _> = events
                    .clone()
                    .filter_map(|it| one(it).as_object().cloned())
                    .flatten()
                    .collect();
                let about =
                    "Events. Bind a queue of your own, by type or by patterns such as account.*.";
                (events.cloned().collect(), Value::Object(carried), about)
            }
            DEAD => {
                let keys = QUEUES.iter().map(|(queue, ..)| dead(queue)).collect();
                (
                    keys,
                    one("DeadLetter"),
                    "Refused or unreadable messages, and jobs that failed for good. The rows of GET /api/v1/dead-letters are authoritative.",
                )
            }
            other => panic!("say what exchange {other} carries"),
        };
        let kind = match kind {
            ExchangeKind::Topic => "topic",
            ExchangeKind::Direct => "direct",
            other => panic!("say what {other:?} is called"),
        };
        channels.insert(exchange_channel(exchange), json!({
            "title": format!("Exchange {exchange}"),
            "description": about,
            "address": "{key}",
            "parameters": { "key": { "description": "The routing key.", "enum": keys } },
            "messages": carried,
            "bindings": { "amqp": {
                "is": "routingKey",
                "exchange": { "name": exchange, "type": kind, "durable": true, "autoDelete": false },
            } },
        }));
    }
    for (queue, exchange, key) in QUEUES {
        let carried = if exchange == COMMANDS { one("ServiceCommand") } else { one("WakeUp") };
        let grave = dead(queue);
        let arguments = json!({
            "x-queue-type": "quorum", "x-delivery-limit": DELIVERY_LIMIT, "x-dead-letter-exchange": DEAD,
            "x-dead-letter-routing-key": grave, "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        });
        channels.insert(queue_channel(queue), queue_of(queue, exchange, key, carried, arguments));
        let arguments = json!({ "x-queue-type": "quorum" });
        channels.insert(
            queue_channel(&grave),
            queue_of(&grave, DEAD, &grave, one("DeadLetter"), arguments),
        );
    }
    Value::Object(channels)
}

fn queue_of(queue: &str, exchange: &str, key: &str, carried: Value, arguments: Value) -> Value {
    json!({
        "title": format!("Queue {queue}"),
        "address": queue,
        "messages": carried,
        "bindings": { "amqp": {
            "is": "queue",
            "queue": { "name": queue, "durable": true, "exclusive": false, "autoDelete": false },
        } },
        "x-bound-to": { "exchange": exchange, "routingKey": key },
        "x-arguments": arguments,
    })
}

fn exchange_channel(exchange: &str) -> String {
    format!("exchange.{exchange}")
}

fn queue_channel(queue: &str) -> String {
    format!("queue.{queue}")
}

/// The operations of PRAHO on these channels.
fn operations() -> Value {
    let channel = |name: String| json!({ "$ref": format!("#/channels/{name}") });
    let mut operations = Map::from_iter([
        (
            "tell".to_owned(),
            json!({
                "action": "send", "channel": channel(exchange_channel(EVENTS)),
                "summary": "Publishes events after the commit of the change.",
            }),
        ),
        (
            "wake".to_owned(),
            json!({
                "action": "send", "channel": channel(exchange_channel(JOBS)),
                "summary": "Tells workers that a job is due.",
            }),
        ),
        (
            "setAside".to_owned(),
            json!({
                "action": "send", "channel": channel(exchange_channel(DEAD)),
                "summary": "Publishes failed jobs and unusable messages.",
            }),
        ),
    ]);
    for (queue, exchange, _) in QUEUES {
        let summary = if exchange == COMMANDS { "Carries out commands." } else { "Runs jobs." };
        let take = json!({ "action": "receive", "channel": channel(queue_channel(queue)), "summary": summary });
        operations.insert(format!("take.{queue}"), take);
    }
    Value::Object(operations)
}
