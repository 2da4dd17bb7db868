//! PostgreSQL is restarted, and crashes, during the work.

use testkit::{
    Scratch,
    postgres::{Durability, Postgres},
};

use super::ORDERS;
use crate::system::{Ground, System};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_restarted_and_crashed() {
    let scratch = Scratch::new("database");
    let postgres =
        Postgres::start(&scratch.path().join("postgres"), Durability::Durable).await.unwrap();
    let database_url = Some(postgres.create_database("praho").await.unwrap());
    let system = System::start_on(Ground { database_url, ..Ground::default() }).await;
    let (orders, ()) = tokio::join!(system.order(ORDERS), async {
        system.created(ORDERS / 6).await;
        postgres.restart().await.unwrap();
        system.created(ORDERS / 3).await;
        postgres.kill().await;
        postgres.restart().await.unwrap();
    });
    system.all_is_well(&orders).await;
    assert_eq!(system.dead_letters(&system.servers.amqp_url).await, 0);
}
