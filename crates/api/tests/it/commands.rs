//! Commands on RabbitMQ: executed once, or refused, answered and recorded.

use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{BasicGetOptions, BasicPublishOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use testkit::{
    eventually,
    rabbitmq::{self, Management, Permissions, with_user},
};

use crate::world::{World, text};

/// A program that publishes commands and receives all events.
pub(crate) struct Publisher {
    channel: Channel,
    prefix: String,
    events: String,
}

/// The broker's user that the tests publish as.
pub(crate) const USER: &str = "billing";

impl Publisher {
    /// Connects as a user whose commands act for the world's tenant.
    pub(crate) async fn new(world: &World) -> Self {
        let publisher = Self::unknown(world).await;
        let order = json!({ "user_name": USER, "role": "operator" });
        assert_eq!(world.post("/publishers", order).await.status, StatusCode::CREATED);
        publisher
    }

    /// Connects as a user whose commands count for nobody.
    pub(crate) async fn unknown(world: &World) -> Self {
        let servers = testkit::servers();
        let url = with_user(&servers.amqp_url, USER);
        let all = || ".*".to_owned();
        let rights = Permissions { configure: all(), write: all(), read: all() };
        let password = rabbitmq::password(&url);
        let management = Management::new(&servers.management_url);
        management.put_user(USER, &password, &rights).await.unwrap();
        let properties = ConnectionProperties::default();
        let connection = Connection::connect(&url, properties).await.unwrap();
        let exchange = format!("{}praho.events", world.prefix);
        let commands = format!("{}praho.commands", world.prefix);
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        // The API consumes only after it has declared the whole topology.
        eventually("the API takes commands", async || {
            let channel = connection.create_channel().await.ok()?;
            let name = commands.as_str().into();
            let queue = channel.queue_declare(name, passive, FieldTable::default()).await.ok()?;
            (queue.consumer_count() > 0).then_some(())
        })
        .await;
        let channel = connection.create_channel().await.unwrap();
        let events = format!("{}test.events", world.prefix);
        let options = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
        channel
            .queue_declare(events.as_str().into(), options, FieldTable::default())
            .await
            .unwrap();
        let (queue, exchange) = (events.as_str().into(), exchange.as_str().into());
        let (bind, none) = (QueueBindOptions::default(), FieldTable::default());
        channel.queue_bind(queue, exchange, "#".into(), bind, none).await.unwrap();
        Self { channel, prefix: world.prefix.clone(), events }
    }

    pub(crate) async fn publish(&self, key: &str, body: &str, correlation_id: &str) {
        let properties = BasicProperties::default().with_user_id(USER.into());
        self.publish_with(properties, key, body, correlation_id).await;
    }

    pub(crate) async fn publish_with(
        &self,
        properties: BasicProperties,
        key: &str,
        body: &str,
        correlation_id: &str,
    ) {
        let exchange = format!("{}praho.commands", self.prefix);
        let properties = properties
            .with_app_id("billing".into())
            .with_message_id("message-7".into())
            .with_correlation_id(correlation_id.into());
        let (name, options) = (exchange.as_str().into(), BasicPublishOptions::default());
        self.channel
            .basic_publish(name, key.into(), options, body.as_bytes(), properties)
            .await
            .unwrap();
    }

    /// Declares the queue of jobs with this key, as the service does that consumes it.
    async fn declare_jobs(&self, key: &str) -> String {
        let exchange = format!("{}praho.jobs", self.prefix);
        let queue = format!("{exchange}.{key}");
        let none = FieldTable::default;
        let options = QueueDeclareOptions::default();
        self.channel.queue_declare(queue.as_str().into(), options, none()).await.unwrap();
        let (name, from) = (queue.as_str().into(), exchange.as_str().into());
        let bind = QueueBindOptions::default();
        self.channel.queue_bind(name, from, key.into(), bind, none()).await.unwrap();
        queue
    }

    /// The next message of a queue, with its headers.
    async fn next(&self, queue: &str) -> (Value, FieldTable) {
        eventually(queue, async || {
            let options = BasicGetOptions { no_ack: true };
            let message = self.channel.basic_get(queue.into(), options).await.unwrap()?;
            let body = String::from_utf8_lossy(&message.delivery.data).into_owned();
            let body = serde_json::from_str(&body).unwrap_or(Value::String(body));
            let headers = message.delivery.properties.headers().clone().unwrap_or_default();
            Some((body, headers))
        })
        .await
    }

    pub(crate) async fn event(&self) -> Value {
        self.next(&self.events).await.0
    }
}

/// Starts an API in which a service can be activated; returns the service too.
async fn ready() -> (World, Publisher, String) {
    let world = World::with_broker().await;
    world.dns_server().await;
    world.server(10).await;
    let service = world.service().await;
    let publisher = Publisher::new(&world).await;
    (world, publisher, service)
}

pub(crate) async fn becomes(world: &World, service: &str, status: &str) -> Value {
    let path = format!("/services/{service}");
    eventually(&format!("the service is {status}"), async || {
        Some(world.get(&path).await.body).filter(|it| it["status"] == status)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_command_has_one_effect() {
    let (world, publisher, service) = ready().await;
    let body = json!({ "idempotency_key": "order-7", "service_id": service }).to_string();
    for _ in 0..3 {
        publisher.publish("service.activate", &body, "correlation-7").await;
    }
    let seen = becomes(&world, &service, "active").await;
    let suspend =
        json!({ "idempotency_key": "order-8", "service_id": service, "reason": "unpaid" });
    publisher.publish("service.suspend", &suspend.to_string(), "correlation-8").await;
    becomes(&world, &service, "suspended").await;
    let filed =
        "SELECT count(*) FROM jobs WHERE actor = 'amqp:billing' AND kind = 'account.provision'
                 AND correlation_id = 'correlation-7'";
    assert_eq!(world.number(filed).await, 1);
    let filed = "SELECT count(*) FROM jobs WHERE kind = 'account.suspend' AND payload->>'reason' = 'unpaid'";
    assert_eq!(world.number(filed).await, 1);
    // A repeat through REST under the same key is the same intent.
    let path = format!("/services/{service}/activate");
    let again = world.post_once("order-7", &path, json!({})).await;
    assert_eq!(again.status, StatusCode::ACCEPTED, "{again:?}");
    assert_eq!(text(&again.body["account"], "id"), text(&seen, "account_id"));
    assert_eq!(world.number("SELECT count(*) FROM dead_letters").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_command_is_answered_recorded_and_set_aside() {
    let (world, publisher, service) = ready().await;
    let before = world.rows().await;
    let nobody = "0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f";
    let good = |id: &str| json!({ "idempotency_key": "order-7", "service_id": id });
    let with = |name: &str, value: Value| {
        let mut body = good(&service);
        body[name] = value;
        body.to_string()
    };
    let cases = [
        ("service.activate", "{\"service_id\": 1".to_owned(), "invalid", "body"),
        ("service.activate", "[]".to_owned(), "invalid", "body"),
        (
            "service.activate",
            json!({ "service_id": service }).to_string(),
            "invalid",
            "idempotency_key",
        ),
        ("service.activate", with("idempotency_key", json!("two words")), "invalid", "request_id"),
        ("service.activate", with("service_id", json!("x")), "invalid", "service_id"),
        ("service.activate", with("password", json!("hunter2")), "invalid", "password"),
        ("service.activate", with("reason", json!({ "is": "hunter2" })), "invalid", "reason"),
        ("service.activate", good(nobody).to_string(), "not_found", nobody),
        ("service.suspend", good(&service).to_string(), "refused", "created"),
        ("service.suspend", with("reason", json!("two\nlines")), "invalid", "reason"),
        ("service.explode", good(&service).to_string(), "invalid", "service.activate"),
        ("service.activate", with("reason", json!("x".repeat(70_000))), "invalid", "64 KiB"),
        (
            "service.activate",
            with("account", json!({ "password": "hunter2" })),
            "invalid",
            "account",
        ),
        ("service.activate", "password=hunter2".to_owned(), "invalid", "body"),
        (
            "service.activate",
            format!("{{\"service_id\": \"{service}\", \"service_id\": \"{nobody}\"}}"),
            "invalid",
            "duplicate field `service_id`",
        ),
    ];
    let dead = format!("{}praho.commands.dead", publisher.prefix);
    for (index, (key, body, kind, word)) in cases.iter().enumerate() {
        let correlation = format!("correlation-{index}");
        publisher.publish(key, body, &correlation).await;
        let event = publisher.event().await;
        assert_eq!(
            (&event["specversion"], &event["type"]),
            (&json!("1.0"), &json!("command.rejected"))
        );
        assert_eq!(event["correlationid"], json!(correlation), "{event}");
        assert_eq!(
            (&event["data"]["command"], &event["data"]["kind"]),
            (&json!(key), &json!(kind))
        );
        let reason = text(&event["data"], "reason");
        assert!(reason.contains(word), "{reason}");
        if ["password", "account"].contains(word) {
            // The dead-letter queue gets no copy: the next letter is that of the next command.
            continue;
        }
        let (letter, headers) = publisher.next(&dead).await;
        if ["body", "64 KiB", "duplicate field `service_id`"].contains(word) {
            // What cannot be read may hold a password.
            let sha256: String =
                Sha256::digest(body).iter().map(|it| format!("{it:02x}")).collect();
            let withheld = json!({ "withheld": { "bytes": body.len(), "sha256": sha256 } });
            assert_eq!(letter, withheld);
        } else {
            assert_eq!(letter, serde_json::from_str::<Value>(body).unwrap());
        }
        let told = headers.inner().get("x-praho-reason");
        assert!(
            matches!(told, Some(AMQPValue::LongString(it)) if it.as_bytes() == reason.as_bytes()),
            "{told:?}"
        );
        assert!(!format!("{event}{headers:?}").contains("hunter2"), "{event}");
    }
    let recorded = "SELECT count(*) FROM dead_letters WHERE queue = 'praho.commands'
                    AND message_id = 'message-7' AND reason <> '' AND excerpt <> ''";
    assert_eq!(world.number(recorded).await, i64::try_from(cases.len()).unwrap());
    let told = "SELECT count(*) FROM dead_letters WHERE excerpt LIKE '%hunter2%' OR reason LIKE '%hunter2%'";
    assert_eq!(world.number(told).await, 0);
    assert_eq!(world.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_plain_json_and_says_nothing_else() {
    let (world, publisher, service) = ready().await;
    let body = json!({ "idempotency_key": "order-7", "service_id": service }).to_string();
    let plain = || BasicProperties::default().with_user_id(USER.into());
    for (properties, word) in [
        (plain().with_content_type("text/plain".into()), "content_type"),
        (plain().with_content_type("application/x-protobuf".into()), "content_type"),
        (plain().with_content_encoding("gzip".into()), "content_encoding"),
    ] {
        publisher.publish_with(properties, "service.activate", &body, "correlation-7").await;
        let event = publisher.event().await;
        assert_eq!(event["type"], "command.rejected");
        assert!(text(&event["data"], "reason").starts_with(word), "{event}");
        let (_, headers) =
            publisher.next(&format!("{}praho.commands.dead", publisher.prefix)).await;
        let reason = headers.inner().get("x-praho-reason");
        let told = matches!(reason, Some(AMQPValue::LongString(it)) if it.as_bytes().starts_with(word.as_bytes()));
        assert!(told, "{reason:?}");
    }
    assert_eq!(world.number("SELECT count(*) FROM jobs WHERE kind = 'account.provision'").await, 0);
    let json = plain().with_content_type("application/json; charset=utf-8".into());
    publisher
        .publish_with(
            json.with_content_encoding("utf-8".into()),
            "service.activate",
            &body,
            "correlation-7",
        )
        .await;
    becomes(&world, &service, "active").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_resets_the_password_of_a_services_account_to_a_generated_one() {
    let world = World::with_broker().await;
    let (service, account) = world.active_service().await;
    let publisher = Publisher::new(&world).await;
    let body = json!({ "idempotency_key": "reset-7", "service_id": service }).to_string();
    for _ in 0..2 {
        publisher.publish("service.reset_password", &body, "correlation-7").await;
    }
    let filed =
        "SELECT count(*) FROM jobs WHERE actor = 'amqp:billing' AND kind = 'account.reset_password'
                 AND correlation_id = 'correlation-7' AND payload->>'given' = 'false'";
    eventually("the job is filed", async || (world.number(filed).await == 1).then_some(())).await;
    let jobs = world.get(&format!("/jobs?target=account/{account}")).await.body;
    assert_eq!(jobs["jobs"][0]["kind"], "account.reset_password");

    let other = world.service().await;
    let body = json!({ "idempotency_key": "reset-8", "service_id": other }).to_string();
    publisher.publish("service.reset_password", &body, "correlation-8").await;
    let event = loop {
        let event = publisher.event().await;
        if event["type"] == "command.rejected" {
            break event;
        }
    };
    assert!(text(&event["data"], "reason").contains("activate it first"), "{event}");
    assert_eq!(world.number(filed).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_outlasts_trouble_with_the_database() {
    let (world, publisher, service) = ready().await;
    // The lock keeps every other transaction from locking the service. Waiting connections are terminated
    // below.
    let mut blocker = world.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE services IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *blocker)
        .await
        .unwrap();
    let body = json!({ "idempotency_key": "order-7", "service_id": service }).to_string();
    publisher.publish("service.activate", &body, "correlation-7").await;
    let thrown_out = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                      WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("the command waits for the database", async || {
        (world.number(thrown_out).await > 0).then_some(())
    })
    .await;
    blocker.rollback().await.unwrap();
    becomes(&world, &service, "active").await;
    assert_eq!(world.number("SELECT count(*) FROM dead_letters").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_activation_wakes_the_workers_without_a_listener() {
    let (world, publisher, service) = ready().await;
    let queue = publisher.declare_jobs("provisioning").await;
    let answer = world.post(&format!("/services/{service}/activate"), json!({})).await;
    let wanted = json!({ "job_id": text(&answer.body["job"], "id") });
    eventually("the wake-up of the job", async || {
        (publisher.next(&queue).await.0 == wanted).then_some(())
    })
    .await;
    eventually("an empty outbox", async || {
        (world.number("SELECT count(*) FROM outbox").await == 0).then_some(())
    })
    .await;
}
