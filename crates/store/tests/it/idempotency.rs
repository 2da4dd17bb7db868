//! One intent makes one change, for any number of repeats and simultaneous requests.

use std::time::Duration;

use serde_json::json;
use store::{Error, idempotency::Replay};
use tokio::task::JoinSet;

use crate::world::{World, taken};

const REQUEST: [u8; 32] = [1; 32];
const OTHER_REQUEST: [u8; 32] = [2; 32];

#[tokio::test]
async fn the_same_request_is_answered_as_the_first_time() {
    let world = World::new().await;
    let begin = async |operation: &str, request| {
        let tx = world.store.begin().await.unwrap();
        tx.begin_idempotent(world.tenant, "key", operation, request).await.unwrap()
    };
    let tx = world.store.begin().await.unwrap();
    let first = tx.begin_idempotent(world.tenant, "key", "activate", REQUEST).await.unwrap();
    assert_eq!(first, Replay::First);
    tx.remember(world.tenant, "key", &json!({ "job": 1 })).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(begin("activate", REQUEST).await, Replay::Same(json!({ "job": 1 })));
    assert_eq!(begin("activate", OTHER_REQUEST).await, Replay::Other);
    assert_eq!(begin("suspend", REQUEST).await, Replay::Other);
}

#[tokio::test]
async fn another_tenant_may_use_the_same_key() {
    let world = World::new().await;
    for tenant in [world.tenant, world.another_tenant().await] {
        let tx = world.store.begin().await.unwrap();
        let replay = tx.begin_idempotent(tenant, "key", "activate", REQUEST).await.unwrap();
        assert_eq!(replay, Replay::First);
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_request_that_failed_leaves_its_key_free() {
    let world = World::new().await;
    for _ in 0..2 {
        let tx = world.store.begin().await.unwrap();
        let replay = tx.begin_idempotent(world.tenant, "key", "activate", REQUEST).await.unwrap();
        assert_eq!(replay, Replay::First);
    }
}

#[tokio::test]
async fn of_eight_at_once_one_is_first_and_all_get_its_answer() {
    let world = World::new().await;
    let mut tasks = JoinSet::new();
    for number in 0..8 {
        let (store, tenant) = (world.store.clone(), world.tenant);
        tasks.spawn(async move {
            let tx = store.begin().await.unwrap();
            let replay = tx.begin_idempotent(tenant, "key", "activate", REQUEST).await.unwrap();
            if replay == Replay::First {
                tx.remember(tenant, "key", &json!(number)).await.unwrap();
            }
            tx.commit().await.unwrap();
            (number, replay)
        });
    }
    let replays = tasks.join_all().await;
    let firsts: Vec<i32> =
        replays.iter().filter(|(_, it)| *it == Replay::First).map(|(it, _)| *it).collect();
    let [first] = firsts[..] else { panic!("{replays:?}") };
    for (number, replay) in replays {
        assert!(number == first || replay == Replay::Same(json!(first)), "{replay:?}");
    }
}

#[tokio::test]
async fn the_database_refuses_a_key_twice() {
    let world = World::new().await;
    let insert = format!(
        "INSERT INTO idempotency_keys VALUES ('{}', 'key', 'x', sha256(''), 'null')",
        world.tenant
    );
    world.meddle(&insert).await.unwrap();
    assert_eq!(world.refusal(&insert).await, taken("idempotency_keys_pkey"));
}

#[tokio::test]
async fn an_answer_without_a_key_is_a_bug() {
    let world = World::new().await;
    let tx = world.store.begin().await.unwrap();
    let error = tx.remember(world.tenant, "key", &json!(1)).await.unwrap_err();
    assert!(matches!(error, Error::Internal(_)), "{error:?}");
}

#[tokio::test]
async fn only_old_keys_are_forgotten() {
    let world = World::new().await;
    for (key, age) in [("old", 8), ("young", 6)] {
        let tx = world.store.begin().await.unwrap();
        tx.begin_idempotent(world.tenant, key, "activate", REQUEST).await.unwrap();
        tx.commit().await.unwrap();
        let aged = format!(
            "UPDATE idempotency_keys SET created_at = now() - interval '{age} days' WHERE key = '{key}'"
        );
        assert_eq!(world.meddle(&aged).await.unwrap(), 1);
    }
    let week = Duration::from_secs(7 * 24 * 60 * 60);
    assert_eq!(world.store.purge_idempotency_keys(week).await.unwrap(), 1);
    let tx = world.store.begin().await.unwrap();
    let young = tx.begin_idempotent(world.tenant, "young", "activate", REQUEST).await.unwrap();
    assert_ne!(young, Replay::First);
}

#[tokio::test]
async fn a_second_request_during_the_first_is_refused_after_a_short_wait() {
    let world = World::new().await;
    let first = world.store.begin().await.unwrap();
    first.begin_idempotent(world.tenant, "key", "activate", REQUEST).await.unwrap();
    for request in [REQUEST, OTHER_REQUEST] {
        let tx = world.store.begin().await.unwrap();
        let replay = tx.begin_idempotent(world.tenant, "key", "activate", request).await.unwrap();
        assert_eq!(replay, Replay::InProgress);
    }
    let tx = world.store.begin().await.unwrap();
    let other = tx.begin_idempotent(world.tenant, "other key", "activate", REQUEST).await.unwrap();
    assert_eq!(other, Replay::First);
    first.remember(world.tenant, "key", &json!(1)).await.unwrap();
    first.commit().await.unwrap();
    let tx = world.store.begin().await.unwrap();
    let replay = tx.begin_idempotent(world.tenant, "key", "activate", REQUEST).await.unwrap();
    assert_eq!(replay, Replay::Same(json!(1)));
}
