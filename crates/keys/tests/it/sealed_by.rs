//! PostgreSQL reads out of each value which key it is sealed with, and refuses no bytes.

use base64::{Engine, prelude::BASE64_STANDARD};
use model::keys::SealedColumn;
use proptest::{
    collection::vec,
    prelude::*,
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

use crate::world::{World, ring};

/// Many values of a strategy.
fn samples<S: Strategy>(strategy: S) -> S::Value {
    strategy.new_tree(&mut TestRunner::default()).unwrap().current()
}

async fn sealed_by(world: &World, values: &[Vec<u8>]) -> Vec<String> {
    let ids = "SELECT sealed_by_v1(value) FROM unnest($1::bytea[]) WITH ORDINALITY given (value, n) ORDER BY n";
    sqlx::query_scalar(ids).bind(values).fetch_all(&world.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_value_is_the_one_that_sealed_it() {
    let world = World::new().await;
    let ids = samples(vec("[a-zA-Z0-9_.-]{1,64}", 300));
    let texts = samples(vec(any::<Vec<u8>>(), 300));
    let seal = |(id, text): (&String, &Vec<u8>)| {
        let key = format!("{id}:{}", BASE64_STANDARD.encode([7; 32]));
        ring(&[&key]).seal("here", text)
    };
    let sealed: Vec<_> = ids.iter().zip(&texts).map(seal).collect();
    assert_eq!(sealed_by(&world, &sealed).await, ids);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_no_key_sealed_name_none_and_are_no_error() {
    let world = World::new().await;
    let rubbish = samples(vec(any::<Vec<u8>>(), 2000));
    assert_eq!(sealed_by(&world, &rubbish).await.len(), 2000);
    let short = [vec![], vec![1], vec![1, 2], vec![1, 2, b'a'], vec![2, 1, b'a']];
    assert_eq!(sealed_by(&world, &short).await, ["", "", "", "", ""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_column_with_sealed_values_is_left_out() {
    let world = World::new().await;
    let columns: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM information_schema.columns
         WHERE table_schema = 'public' AND data_type = 'bytea' AND column_name LIKE 'sealed%'",
    )
    .fetch_one(&world.pool)
    .await
    .unwrap();
    assert_eq!(usize::try_from(columns).unwrap(), SealedColumn::ALL.len());
    for column in SealedColumn::ALL {
        assert_eq!(world.store.keys_in_use(column).await.unwrap(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_rotation_is_open_at_a_time_and_it_ends_once() {
    let world = World::new().await;
    let open = async |key: &str| {
        let tx = world.store.begin().await.unwrap();
        let opened = tx.open_key_rotation(key, "token:test").await.unwrap();
        tx.commit().await.unwrap();
        opened
    };
    let finish = async |key: &str| {
        let tx = world.store.begin().await.unwrap();
        let finished = tx.finish_key_rotation(key).await.unwrap();
        tx.commit().await.unwrap();
        finished.is_some()
    };
    assert!(!finish("k1").await, "there is none");
    assert!(open("k1").await);
    assert!(!open("k1").await, "it is open");
    assert!(open("k2").await, "in its place");
    assert_eq!(world.store.wanted_key().await.unwrap().as_deref(), Some("k2"));
    assert!(!finish("k1").await);
    assert!(finish("k2").await);
    assert!(!finish("k2").await, "it has ended");
    assert_eq!(world.store.wanted_key().await.unwrap(), None);
    assert!(open("k2").await, "values that did not open are tried again");
}
