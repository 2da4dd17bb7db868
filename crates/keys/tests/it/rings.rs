//! Each process tells its keys while it runs.

use chassis::Shutdown;
use fixtures::KEYS;
use keys::ALIVE;
use model::keys::{Key, obstacle};
use testkit::eventually;

use crate::world::{NEW, PARTS, World, both, ring};

#[tokio::test(flavor = "multi_thread")]
async fn a_running_process_is_known_with_its_keys_in_order() {
    let world = World::new().await;
    let shutdown = Shutdown::new();
    let mut runs = Vec::new();
    for (part, ring) in [(PARTS[0], both()), (PARTS[1], both()), (PARTS[1], ring(&[KEYS]))] {
        let keeper = world.start(part, &ring).await.unwrap();
        runs.push(tokio::spawn(keeper.run(shutdown.clone())));
    }
    let rings = eventually("all are known", async || {
        let rings = world.store.key_rings(ALIVE).await.unwrap();
        (rings.len() == 3).then_some(rings)
    })
    .await;
    let wanted = both().marks().next().map(|(id, mark)| Key { id: id.to_owned(), mark }).unwrap();
    let told = obstacle(&rings, &wanted).unwrap();
    assert!(told.starts_with("praho-virtualmin-gateway does not have the key new"), "{told}");
    assert_eq!(obstacle(&rings[..1], &wanted), None);

    let other = NEW.replace("AQEB", "BAEB");
    let wanted = ring(&[other.as_str()]).marks().next().map(|(_, mark)| mark).unwrap();
    let wanted = Key { id: "new".to_owned(), mark: wanted };
    assert!(obstacle(&rings, &wanted).unwrap().contains("another key with the id new"));

    shutdown.request();
    for run in runs {
        run.await.unwrap().unwrap();
    }
    assert_eq!(world.store.key_rings(ALIVE).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_died_is_forgotten() {
    let world = World::new().await;
    world
        .sql(
            "INSERT INTO key_rings (service, instance, key_ids, marks, seen_at)
              SELECT 'dead', gen_random_uuid(), '{a}', '{b}', now() - age * interval '1 minute'
              FROM unnest(ARRAY[3, 11]) age",
        )
        .await;
    assert_eq!(world.store.key_rings(ALIVE).await.unwrap(), []);
    let shutdown = Shutdown::new();
    let keeper = world.start(PARTS[0], &both()).await.unwrap();
    let run = tokio::spawn(keeper.run(shutdown.clone()));
    eventually("the older one is gone", async || {
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM key_rings WHERE service = 'dead'")
            .fetch_one(&world.pool)
            .await
            .unwrap();
        (left == 1).then_some(())
    })
    .await;
    shutdown.request();
    run.await.unwrap().unwrap();
}
