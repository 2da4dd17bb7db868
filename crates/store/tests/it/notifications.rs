//! Notifications are heard after the commit, and a broken connection does not go unnoticed.

use std::time::Duration;

use model::fault::{Fault, FaultKind};
use store::{
    Store, jobs,
    notifications::{Notification, Notifications},
    outbox,
};
use testkit::{
    Scratch,
    postgres::{Durability, Postgres},
};
use tokio::time::timeout;

use crate::fixtures::World;

const PATIENCE: Duration = Duration::from_secs(30);

async fn next(notifications: &mut Notifications) -> Notification {
    timeout(PATIENCE, notifications.next()).await.expect("a notification").unwrap()
}

#[tokio::test]
async fn a_filed_job_is_heard_on_both_channels_once_it_is_committed() {
    let world = World::new().await;
    let channels = [outbox::CHANNEL, jobs::CHANNEL];
    let mut notifications = world.store.listen(&channels).await.unwrap();
    let job = world.new_job();
    let tx = world.store.begin().await.unwrap();
    tx.file_job(&job).await.unwrap();
    let early = timeout(Duration::from_millis(200), notifications.next()).await;
    assert!(early.is_err(), "{early:?}");
    tx.commit().await.unwrap();

    let mut heard = [next(&mut notifications).await, next(&mut notifications).await];
    heard.sort_by(|a, b| a.channel.cmp(&b.channel));
    assert_eq!(
        (heard[0].channel.as_str(), &heard[0].payload),
        (jobs::CHANNEL, &job.id.to_string())
    );
    assert_eq!((heard[1].channel.as_str(), heard[1].payload.as_str()), (outbox::CHANNEL, ""));
}

#[tokio::test]
async fn a_listener_takes_no_connection_of_the_pool() {
    let world = World::new().await;
    let store = Store::connect(&world.database.url, 1).await.unwrap();
    let mut notifications = store.listen(&[jobs::CHANNEL]).await.unwrap();
    let job = world.new_job();
    let tx = store.begin().await.unwrap();
    tx.file_job(&job).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(next(&mut notifications).await.payload, job.id.to_string());
}

#[tokio::test]
async fn a_broken_connection_is_made_again_and_says_so() {
    let world = World::new().await;
    let mut notifications = world.store.listen(&[jobs::CHANNEL]).await.unwrap();
    for _ in 0..2 {
        let broken = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
                      WHERE query LIKE 'LISTEN%' AND datname = current_database()";
        world.meddle(broken).await.unwrap();
        assert_eq!(next(&mut notifications).await.payload, "", "look again");
        let job = world.file(world.new_job()).await;
        assert_eq!(next(&mut notifications).await.payload, job.to_string());
    }
}

#[tokio::test]
async fn a_database_that_comes_back_is_heard_again() {
    let scratch = Scratch::new("notifications");
    let postgres = Postgres::start(scratch.path(), Durability::Fast).await.unwrap();
    let store = Store::connect(&postgres.admin_url(), 4).await.unwrap();
    store.migrate().await.unwrap();
    let mut notifications = store.listen(&[outbox::CHANNEL]).await.unwrap();
    postgres.kill().await;
    let gone = timeout(PATIENCE, notifications.next()).await.expect("an answer").unwrap_err();
    assert_eq!(Fault::from(gone).kind, FaultKind::Unavailable);
    postgres.restart().await.unwrap();
    assert_eq!(next(&mut notifications).await.payload, "", "look again");

    let tx = store.begin().await.unwrap();
    tx.publish(&crate::outbox::message("a", Duration::ZERO)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(next(&mut notifications).await.channel, outbox::CHANNEL);
    postgres.stop().await;
}
