//! Keys are listed with what they seal, and exchanged on request of the platform's owner.

use std::sync::Arc;

use chassis::{SecretString, Shutdown, health::Health, seal::Keyring};
use keys::{Keeper, Part};
use model::keys::SealedColumn;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use store::Store;
use testkit::eventually;

use crate::world::{Answer, KEY, World, send, text};

const NEW: &str = "new:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// The API with the new key in front of the old one, and secrets of each kind under the old one; the account too.
async fn world() -> (World, String) {
    let world = World::start().await;
    let (_, account) = world.active_service().await;
    world.generated(&account, "secret-1").await;
    (world.again(&[("SECRETS__KEYS", &both())]).await, account)
}

fn both() -> String {
    format!("{NEW},{KEY}")
}

/// The id of the key that all tests begin with.
fn old() -> &'static str {
    KEY.split_once(':').unwrap().0
}

async fn rotate(world: &World) -> Answer {
    world.post("/keys/rotate", json!({})).await
}

async fn listed(world: &World) -> Value {
    let answer = world.get("/keys").await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.body
}

/// The listed key with this id.
fn key<'a>(list: &'a Value, id: &str) -> &'a Value {
    let keys = list["keys"].as_array().unwrap();
    keys.iter().find(|it| it["id"] == id).unwrap_or_else(|| panic!("no {id}: {list}"))
}

/// Tells the ring of a service that runs elsewhere, `age` seconds ago.
async fn tell(world: &World, service: &str, keys: &str, age: i32) {
    let ring = Keyring::parse(&SecretString::from(keys)).unwrap();
    let (ids, marks): (Vec<_>, Vec<_>) =
        ring.marks().map(|(id, mark)| (id.to_owned(), mark)).unzip();
    sqlx::query(
        "INSERT INTO key_rings (service, instance, key_ids, marks, seen_at)
         VALUES ($1, gen_random_uuid(), $2, $3, now() - $4 * interval '1 second')",
    )
    .bind(service)
    .bind(ids)
    .bind(marks)
    .bind(age)
    .execute(&world.pool)
    .await
    .unwrap();
}

/// Seals anew what services beside the API seal anew.
async fn others(world: &World) {
    let store = Store::connect(&world.database_url(), 2).await.unwrap();
    let ring = Arc::new(Keyring::parse(&SecretString::from(both())).unwrap());
    let columns = &[SealedColumn::PanelUsername, SealedColumn::PanelPassword, SealedColumn::DnsKey];
    let part = Part { service: "others", opens: columns, reseals: columns };
    let health = Health::new(&Shutdown::new());
    let keeper = Keeper::start(part, &store, &ring, &health).await.unwrap();
    keeper.look().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_goes_on_in_all_services_until_the_old_key_may_be_dropped() {
    let (world, account) = world().await;
    let before = listed(&world).await;
    let (was, new) = (key(&before, old()), key(&before, "new"));
    assert_eq!((&was["credentials"], &was["dns_keys"]), (&json!(2), &json!(1)), "{before}");
    assert_eq!((&was["passwords"], &was["droppable"]), (&json!(1), &json!(false)), "{before}");
    assert_eq!(new["holders"], json!([{ "service": "praho-api", "processes": 1, "sealing": 1 }]));
    assert_eq!(before["rotation"], Value::Null);

    let asked = rotate(&world).await;
    assert_eq!((asked.status, &asked.body["key_id"]), (StatusCode::OK, &json!("new")), "{asked:?}");
    assert_eq!((&asked.body["left"], &asked.body["resealed"]), (&json!(4), &json!(0)), "{asked:?}");
    eventually("the API has sealed the password anew", async || {
        (key(&listed(&world).await, "new")["passwords"] == 1).then_some(())
    })
    .await;
    let meanwhile = listed(&world).await["rotation"].clone();
    assert_eq!((&meanwhile["left"], &meanwhile["finished_at"]), (&json!(3), &Value::Null));
    let again = rotate(&world).await;
    assert_eq!(again.body["asked_at"], asked.body["asked_at"], "it is the same rotation");

    others(&world).await;
    let after = eventually("it is finished", async || {
        let list = listed(&world).await;
        (!list["rotation"]["finished_at"].is_null()).then_some(list)
    })
    .await;
    assert_eq!(after["rotation"]["resealed"], 4, "{after}");
    assert_eq!(key(&after, old())["droppable"], true, "{after}");
    assert_eq!(key(&after, "new")["droppable"], false, "{after}");
    let told = "SELECT count(*) FROM outbox WHERE message_type = 'keys.rotated'";
    assert_eq!(world.number(told).await, 1);
    let audited =
        "SELECT count(*) FROM audit_log WHERE action = 'key.rotate' AND target = 'key/new'";
    assert_eq!(world.number(audited).await, 1);

    let world = world.again(&[("SECRETS__KEYS", NEW)]).await;
    let shown = world.post(&format!("/accounts/{account}/password/reveal"), json!({})).await;
    assert_eq!(shown.body["password"], "secret-1", "{shown:?}");
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_waits_for_services_that_would_not_know_or_not_use_the_key() {
    let (world, _) = world().await;
    tell(&world, "praho-dns-manager", KEY, 600).await;
    tell(&world, "praho-provisioning-worker", &both(), 0).await;
    tell(&world, "praho-virtualmin-gateway", KEY, 60).await;
    let refused = rotate(&world).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{refused:?}");
    let detail = text(&refused.body, "detail");
    let words = "praho-virtualmin-gateway does not have the key new: put it in front";
    assert!(detail.starts_with(words), "{detail}");
    assert_eq!(world.number("SELECT count(*) FROM key_rotation").await, 0);
    sqlx::query("DELETE FROM key_rings WHERE service = 'praho-virtualmin-gateway'")
        .execute(&world.pool)
        .await
        .unwrap();
    assert_eq!(rotate(&world).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_owners_of_the_platform_see_and_exchange_keys() {
    let world = World::start().await;
    for token in [world.foreign_token().await, world.token("admin").await] {
        for (method, path) in [(Method::GET, "/keys"), (Method::POST, "/keys/rotate")] {
            let request = world.bare(method, path).bearer_auth(&token);
            let answer = send(request.header("Idempotency-Key", "k").json(&json!({}))).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}: {answer:?}");
        }
    }
}
