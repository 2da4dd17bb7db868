//! What the broker's user of each service may do, by trying: `deploy/broker.json`.

use std::path::Path;

use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{
        BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, ExchangeDeleteOptions,
        QueueDeleteOptions,
    },
};
use messaging::{
    Broker, BrokerConfig,
    topology::{self, Owner},
};
use model::job::Queue;
use testkit::{
    rabbitmq::{Management, with_user},
    unique,
};

/// The users, and the part of each.
const USERS: [(&str, Owner); 4] = [
    ("praho-api", Owner::Api),
    ("praho-provisioning-worker", Owner::Consumer(&[Queue::Provisioning, Queue::Bulk])),
    ("praho-dns-manager", Owner::Consumer(&[Queue::Dns])),
    ("praho-drift-reconciler", Owner::Consumer(&[])),
];

async fn make_users() {
    let servers = testkit::servers();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/broker.json");
    let password = testkit::rabbitmq::password(&servers.amqp_url);
    let management = Management::new(&servers.management_url);
    let users = management.put_users(&file, r"(.*\.)?", |_| password.clone()).await.unwrap();
    assert_eq!(users, USERS.map(|(user, _)| user.to_owned()));
}

/// What a user tries on one connection.
struct Trial {
    user: &'static str,
    prefix: String,
    connection: Connection,
}

impl Trial {
    async fn channel(&self) -> Channel {
        self.connection.create_channel().await.unwrap()
    }

    /// Asserts that RabbitMQ allows or refuses it, as `may` says.
    fn judge<T>(&self, what: &str, may: bool, outcome: Result<T, lapin::Error>) {
        let error = outcome.err().map(|it| it.to_string());
        let refused = error.as_ref().is_some_and(|it| it.contains("ACCESS_REFUSED"));
        assert!(error.is_none() || refused, "{} {what}: {error:?}", self.user);
        assert_eq!(!refused, may, "{} {what}: {error:?}", self.user);
    }

    async fn consume(&self, queue: &str, may: bool) {
        let name = format!("{}{queue}", self.prefix);
        let outcome =
            self.channel().await.basic_get(name.as_str().into(), BasicGetOptions::default()).await;
        self.judge(&format!("consumes {queue}"), may, outcome);
    }

    async fn delete_queue(&self, queue: &str) {
        let name = format!("{}{queue}", self.prefix);
        let options = QueueDeleteOptions::default();
        let outcome = self.channel().await.queue_delete(name.as_str().into(), options).await;
        self.judge(&format!("deletes {queue}"), false, outcome);
    }

    /// Publishes to an exchange; the empty one is the broker's own, which leads to any queue.
    async fn publish(&self, exchange: &str, key: &str, may: bool) {
        let name = match exchange {
            "" => String::new(),
            _ => format!("{}{exchange}", self.prefix),
        };
        let channel = self.channel().await;
        channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
        let (options, none) = (BasicPublishOptions::default(), BasicProperties::default());
        let sent = channel.basic_publish(name.as_str().into(), key.into(), options, b"{}", none);
        let outcome = async { sent.await?.await }.await;
        self.judge(&format!("publishes to {exchange:?}"), may, outcome);
    }

    async fn delete_exchange(&self, exchange: &str, may: bool) {
        let name = format!("{}{exchange}", self.prefix);
        let options = ExchangeDeleteOptions::default();
        let outcome = self.channel().await.exchange_delete(name.as_str().into(), options).await;
        self.judge(&format!("deletes {exchange}"), may, outcome);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_service_has_the_rights_of_its_own_queues_and_no_others() {
    make_users().await;
    let prefix = format!("{}.", unique("rights"));
    let amqp_url = testkit::servers().amqp_url;
    for (user, owner) in USERS {
        let url = with_user(&amqp_url, user);
        let config = BrokerConfig { url: &url, prefix: &prefix, connection_name: user, owner };
        Broker::connect(config).await.unwrap().declare().await.unwrap();
    }
    for (user, owner) in USERS {
        let properties = ConnectionProperties::default();
        let connection =
            Connection::connect(&with_user(&amqp_url, user), properties).await.unwrap();
        let trial = Trial { user, prefix: prefix.clone(), connection };
        let consumed = |queue: &&str| USERS.iter().any(|(_, owner)| owner.has(queue));
        for queue in topology::QUEUES.map(|(queue, ..)| queue).into_iter().filter(consumed) {
            let mine = owner.has(queue);
            trial.consume(queue, mine).await;
            trial.consume(&topology::dead(queue), mine).await;
            if !mine {
                trial.delete_queue(queue).await;
            }
        }
        for (exchange, _) in topology::EXCHANGES {
            let may = user == "praho-api" || exchange != "praho.commands";
            trial.publish(exchange, "dns", may).await;
            if user != "praho-api" {
                trial.delete_exchange(exchange, false).await;
            }
        }
        trial.publish("", &format!("{prefix}praho.jobs.dns"), false).await;
    }
}
