//! A broker that loses everything only delays the work.

use serde_json::{Value, json};
use testkit::{Scratch, rabbitmq::RabbitMq};

use crate::system::{Broker, System, id};

const SERVICES: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_purged_and_wiped_in_the_middle_of_100_activations_loses_none() {
    let scratch = Scratch::new("broker");
    let rabbitmq = RabbitMq::start(&scratch.path().join("rabbitmq")).await.unwrap();
    let system = System::start_on(Broker { amqp_url: rabbitmq.url() }).await;
    let mut accounts = Vec::new();
    for number in 0..SERVICES {
        let (service, domain) = system.service().await;
        let activation = system.post(&format!("/services/{service}/activate"), json!({})).await;
        accounts.push((id(&activation["account"]), domain));
        if number == SERVICES / 3 {
            rabbitmq.management().purge(&system.prefix).await.unwrap();
        }
        if number == SERVICES / 2 {
            rabbitmq.wipe().await.unwrap();
        }
    }
    for (account, domain) in &accounts {
        let path = format!("/accounts/{account}");
        let seen: Value = system.until("the account is active", &path, "active").await;
        assert_eq!(system.creations(domain), 1, "{seen}");
    }
    for panel in &system.panels {
        assert_eq!(panel.mutations_at_once(), 1);
    }
}
