//! A database and a queue prefix for each test, with relays and consumers on them.

use std::{collections::BTreeMap, time::Duration};

use messaging::{Broker, BrokerConfig, Delivery, Relay, Verdict, topology::Owner};
use serde_json::json;
use store::{
    Store,
    outbox::{JOBS, NewMessage},
};
use testkit::{eventually, rabbitmq::Management};
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

use crate::client::Client;

/// The working queue of these tests, its dead-letter queue, and its key on `praho.jobs`.
pub(crate) const QUEUE: &str = "praho.jobs.dns";
pub(crate) const GRAVE: &str = "praho.jobs.dns.dead";
pub(crate) const KEY: &str = "dns";

pub(crate) const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) broker: Broker,
    pub(crate) prefix: String,
    pub(crate) management_url: String,
    amqp_url: String,
    _database: testkit::postgres::Database,
}

impl World {
    /// A world on the shared broker, with the topology declared.
    pub(crate) async fn new() -> Self {
        let world = Self::by(&testkit::servers().amqp_url).await;
        world.broker.declare().await.unwrap();
        world
    }

    /// A world on the shared broker. Our side connects to `url`, which may not reach it.
    pub(crate) async fn by(url: &str) -> Self {
        let servers = testkit::servers();
        Self::on(url, servers.amqp_url, servers.management_url).await
    }

    /// A world on the broker with these URLs. Our side connects to `url`.
    pub(crate) async fn on(url: &str, amqp_url: String, management_url: String) -> Self {
        let database = testkit::postgres::fresh(&store::schema_name(), store::migrate).await;
        let store = Store::connect(&database.url, 10).await.unwrap();
        let prefix = format!("{}.", testkit::unique("messaging"));
        let config = BrokerConfig {
            url,
            prefix: &prefix,
            connection_name: &prefix,
            owner: Owner::Administrator,
        };
        let broker = Broker::connect(config).await.unwrap();
        Self { store, broker, prefix, management_url, amqp_url, _database: database }
    }

    pub(crate) fn management(&self) -> Management {
        Management::new(&self.management_url)
    }

    /// Writes messages to the outbox, in one transaction.
    pub(crate) async fn file(&self, messages: &[NewMessage]) {
        let tx = self.store.begin().await.unwrap();
        for message in messages {
            tx.publish(message).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// Waits until the outbox is empty.
    pub(crate) async fn relayed(&self) {
        eventually("the outbox is empty", async || {
            self.store.next_outbox_due().await.unwrap().is_none().then_some(())
        })
        .await;
    }

    pub(crate) fn relay(&self) -> Running {
        let relay = Relay::new(self.store.clone(), self.broker.clone());
        Running::start(async move |stop| relay.run(stop).await.unwrap())
    }

    /// Consumes [`QUEUE`].
    pub(crate) fn consume<H: Future<Output = Verdict> + Send + 'static>(
        &self,
        prefetch: u16,
        handler: impl Fn(Delivery) -> H + Send + Sync + 'static,
    ) -> Running {
        let broker = self.broker.clone();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let shutdown = async {
                let _ = stopped.await;
            };
            broker.consume(QUEUE, prefetch, handler, shutdown).await.unwrap();
        });
        Running { stop, task }
    }

    /// A connection without our code.
    pub(crate) async fn client(&self) -> Client {
        Client::new(&self.amqp_url, &self.prefix).await
    }

    /// Closes our connections, as an operator can; returns their number.
    pub(crate) async fn close_connections(&self) -> usize {
        let api = format!("{}/api/connections", self.management_url);
        let all: serde_json::Value =
            testkit::http::client().get(&api).send().await.unwrap().json().await.unwrap();
        let mut closed = 0;
        for connection in all.as_array().unwrap() {
            let ours = connection["client_properties"]["connection_name"]
                .as_str()
                .is_some_and(|it| it.starts_with(&self.prefix));
            let Some(name) = connection["name"].as_str().filter(|_| ours) else { continue };
            let name = name.replace(' ', "%20").replace('>', "%3E");
            let gone = testkit::http::client().delete(format!("{api}/{name}")).send().await;
            closed += usize::from(gone.unwrap().status().is_success());
        }
        closed
    }
}

/// A wake-up as the store files it, identified by `number`.
pub(crate) fn message(number: usize) -> NewMessage {
    NewMessage {
        exchange: JOBS,
        routing_key: KEY.to_owned(),
        message_type: "job".to_owned(),
        content_type: "application/json",
        body: json!({ "number": number }),
        headers: BTreeMap::from([("x-praho-note".to_owned(), "why".to_owned())]),
        correlation_id: format!("correlation-{number}"),
        traceparent: Some(TRACEPARENT.to_owned()),
        delay: Duration::ZERO,
    }
}

/// The number in a delivery that [`message`] made.
pub(crate) fn number(delivery: &Delivery) -> u64 {
    number_in(&delivery.body)
}

pub(crate) fn number_in(body: &[u8]) -> u64 {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    body["number"].as_u64().unwrap()
}

/// A running relay or consumer.
pub(crate) struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    fn start<F: Future<Output = ()> + Send + 'static>(part: impl FnOnce(Stop) -> F) -> Self {
        let (stop, stopped) = oneshot::channel();
        let stopped: Stop = Box::pin(async {
            let _ = stopped.await;
        });
        Self { stop, task: tokio::spawn(part(stopped)) }
    }

    /// Requests the stop; returns the task, which then ends.
    pub(crate) fn ask(self) -> JoinHandle<()> {
        drop(self.stop);
        self.task
    }

    pub(crate) async fn stop(self) {
        timeout(Duration::from_secs(30), self.ask()).await.expect("it stops").unwrap();
    }
}

type Stop = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;
