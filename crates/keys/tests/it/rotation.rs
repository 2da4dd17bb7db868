//! A rotation seals all values anew, and passes over those that do not open.

use fixtures::KEYS;
use model::password::{Place, Source};
use tokio::task::JoinSet;

use crate::world::{NEW, PARTS, World, both, ring};

#[tokio::test(flavor = "multi_thread")]
async fn each_service_seals_its_values_anew_until_the_old_key_may_be_dropped() {
    let world = World::new().await;
    let server = world.host("vm1").await;
    let account = world.account(server).await;
    let dns_server = world.dns_server("ns").await;
    assert_eq!(world.uses().await, [("test".to_owned(), 5, 0)]);

    let mut keepers = Vec::new();
    for part in PARTS {
        keepers.push(world.start(part, &both()).await.unwrap());
    }
    for keeper in &keepers {
        keeper.look().await.unwrap();
    }
    assert_eq!(world.uses().await, [("test".to_owned(), 5, 0)], "nobody has asked");
    world.rotate().await;
    for keeper in &keepers {
        keeper.look().await.unwrap();
    }
    assert_eq!(world.uses().await, [("new".to_owned(), 5, 0)]);
    assert_eq!(world.resealed().await, 5);

    let after = ring(&[NEW]);
    for part in PARTS {
        world.start(part, &after).await.unwrap();
    }
    assert_eq!(world.password(&after, account, Place::Current).await, "pa55-Word");
    assert_eq!(world.password(&after, account, Place::Pending).await, "pending");
    let access = world.store.dns_access(dns_server).await.unwrap().unwrap();
    assert!(after.open(&dns_server.api_key_context(), &access.sealed_api_key).is_ok());
    let access = world.store.server_access(server).await.unwrap().unwrap().credentials;
    assert_eq!(&*after.open(&server.username_context(), &access.username).unwrap(), b"root");
    assert_eq!(&*after.open(&server.password_context(), &access.password).unwrap(), b"pa55");
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_share_the_work_and_seal_each_value_once() {
    let world = World::new().await;
    for number in 0..250 {
        world.dns_server(&format!("ns{number}")).await;
    }
    let mut replicas = Vec::new();
    for _ in 0..3 {
        replicas.push(world.start(PARTS[2], &both()).await.unwrap());
    }
    world.rotate().await;
    let mut looks = JoinSet::new();
    for replica in replicas {
        looks.spawn(async move { replica.look().await.unwrap() });
    }
    looks.join_all().await;
    // What one had locked, others left to it.
    assert_eq!(world.uses().await, [("new".to_owned(), 250, 0)]);
    assert_eq!(world.resealed().await, 250);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_does_not_open_is_counted_and_stops_no_other() {
    let world = World::new().await;
    // More than two batches, of which every other value is another server's.
    for number in 0..110 {
        world.dns_server(&format!("good{number}")).await;
        world.dns_server(&format!("moved{number}")).await;
    }
    world
        .sql(
            "UPDATE dns_servers it SET sealed_api_key = other.sealed_api_key FROM dns_servers other
              WHERE it.name LIKE 'moved%' AND other.name = 'good0'",
        )
        .await;
    let lost = world.dns_server("lost").await;
    let keeper = world.start(PARTS[2], &both()).await.unwrap();
    world.rotate().await;
    keeper.look().await.unwrap();
    let expected = [("new".to_owned(), 111, 0), ("test".to_owned(), 110, 110)];
    assert_eq!(world.uses().await, expected);
    keeper.look().await.unwrap();
    assert_eq!((world.uses().await, world.resealed().await), (expected.to_vec(), 111));

    // A value that is set anew has the first key, and is no longer counted.
    world
        .sql(
            "UPDATE dns_servers it SET sealed_api_key = other.sealed_api_key FROM dns_servers other
               WHERE it.name = 'moved7' AND other.name = 'lost'",
        )
        .await;
    assert_eq!(world.uses().await, [("new".to_owned(), 112, 0), ("test".to_owned(), 109, 109)]);
    let access = world.store.dns_access(lost).await.unwrap().unwrap();
    assert!(ring(&[NEW]).open(&lost.api_key_context(), &access.sealed_api_key).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_transaction_is_writing_is_left_to_it() {
    let world = World::new().await;
    let server = world.host("vm1").await;
    let account = world.account(server).await;
    let keeper = world.start(PARTS[0], &both()).await.unwrap();
    world.rotate().await;

    let tx = world.store.begin().await.unwrap();
    let given = world.keyring.seal(&account.password_context(), b"given meanwhile");
    tx.set_password(account, &given, Source::Given).await.unwrap();
    keeper.look().await.unwrap();
    assert_eq!(world.resealed().await, 1, "the pending one");
    tx.commit().await.unwrap();
    keeper.look().await.unwrap();
    assert_eq!(world.resealed().await, 2);
    assert_eq!(world.password(&ring(&[NEW]), account, Place::Current).await, "given meanwhile");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_process_with_the_wanted_key_in_front_seals_values_anew() {
    let world = World::new().await;
    world.dns_server("ns").await;
    world.rotate().await;
    for keys in [&[KEYS][..], &[KEYS, NEW]] {
        let keeper = world.start(PARTS[2], &ring(keys)).await.unwrap();
        keeper.look().await.unwrap();
        assert_eq!(world.uses().await, [("test".to_owned(), 1, 0)]);
    }
}
