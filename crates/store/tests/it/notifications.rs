//! Notifications arrive after the commit, and a broken connection is detected.

use std::time::Duration;

use model::fault::{Fault, FaultKind};
use sqlx::{Connection, PgConnection};
use store::{
    Store, jobs,
    journal::StepName,
    notifications::{Notification, Notifications},
};
use testkit::{
    Scratch,
    postgres::{Durability, Postgres},
};
use tokio::time::timeout;

use crate::world::World;

const PATIENCE: Duration = Duration::from_secs(30);

async fn next(notifications: &mut Notifications) -> Notification {
    timeout(PATIENCE, notifications.next()).await.expect("a notification").unwrap()
}

#[tokio::test]
async fn a_filed_job_is_notified_after_its_commit() {
    let world = World::new().await;
    let mut notifications = world.store.listen(&[jobs::CHANNEL]).await.unwrap();
    let job = world.new_job();
    let tx = world.store.begin().await.unwrap();
    tx.file_job(&job).await.unwrap();
    let early = timeout(Duration::from_millis(200), notifications.next()).await;
    assert!(early.is_err(), "{early:?}");
    let early = timeout(Duration::from_millis(1), world.store.outbox_written()).await;
    assert!(early.is_err(), "nothing is to be relayed yet");
    tx.commit().await.unwrap();
    timeout(PATIENCE, world.store.outbox_written()).await.expect("the relay is told");
    let heard = next(&mut notifications).await;
    assert_eq!((heard.channel.as_str(), &heard.payload), (jobs::CHANNEL, &job.id.to_string()));
}

#[tokio::test]
async fn every_change_of_a_job_is_notified() {
    let world = World::new().await;
    let mut notifications = world.store.listen(&[jobs::CHANNEL]).await.unwrap();
    let job = world.file(world.new_job()).await;
    assert_eq!(next(&mut notifications).await.payload, job.to_string());
    let hold = world.claim(job).await;
    assert_eq!(next(&mut notifications).await.payload, job.to_string(), "claimed");
    let step = StepName { position: 0, name: "step" };
    world.store.journal(hold, None, Some(step)).await.unwrap();
    assert_eq!(next(&mut notifications).await.payload, job.to_string(), "a step");
    world.store.complete(hold, Some(("step", &serde_json::Value::Null))).await.unwrap();
    assert_eq!(next(&mut notifications).await.payload, job.to_string(), "ended");
}

#[tokio::test]
async fn no_transaction_of_jobs_commits_under_the_lock_of_notifications() {
    let world = World::new().await;
    let telling = "SELECT tgname FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
                   WHERE prosrc ILIKE '%notify%'";
    assert_eq!(world.meddle(telling).await.unwrap(), 0);
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
async fn a_broken_connection_is_restored_and_reported() {
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
    let mut notifications = store.listen(&[jobs::CHANNEL]).await.unwrap();
    postgres.kill().await;
    let gone = timeout(PATIENCE, notifications.next()).await.expect("an answer").unwrap_err();
    assert_eq!(Fault::from(gone).kind, FaultKind::Unavailable);
    postgres.restart().await.unwrap();
    assert_eq!(next(&mut notifications).await.payload, "", "look again");

    let mut somebody = PgConnection::connect(&postgres.admin_url()).await.unwrap();
    sqlx::raw_sql("NOTIFY praho_jobs, 'again'").execute(&mut somebody).await.unwrap();
    assert_eq!(next(&mut notifications).await.payload, "again");
    postgres.stop().await;
}
