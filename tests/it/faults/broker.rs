//! RabbitMQ is purged, restarted and wiped during the work.

use testkit::{Scratch, rabbitmq::RabbitMq};

use super::ORDERS;
use crate::system::{Ground, System, make_broker_users};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbitmq_purged_restarted_and_wiped() {
    let scratch = Scratch::new("broker");
    let rabbitmq = RabbitMq::start(&scratch.path().join("rabbitmq")).await.unwrap();
    let (amqp_url, management_url) = (rabbitmq.url(), rabbitmq.management_url());
    let ground = Ground {
        amqp_url: amqp_url.clone(),
        management_url: management_url.clone(),
        ..Ground::default()
    };
    let system = System::start_on(ground).await;
    let (orders, ()) = tokio::join!(system.order(ORDERS), async {
        system.created(ORDERS / 10).await;
        rabbitmq.management().purge(&system.prefix).await.unwrap();
        system.created(ORDERS / 5).await;
        rabbitmq.restart().await.unwrap();
        system.created(ORDERS / 2).await;
        rabbitmq.wipe().await.unwrap();
        // The users are gone too, and an operator makes them again.
        make_broker_users(&amqp_url, &management_url).await;
    });
    system.all_is_well(&orders).await;
    assert_eq!(system.dead_letters(&rabbitmq.url()).await, 0);
}
