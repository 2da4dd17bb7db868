//! Registrations that are not verified at their URL: none is changed, and none harms the verified one with the same URL.

use std::time::Duration;

use model::{
    fault::{Effect, FaultKind},
    ids::ServerId,
    server::{Server, ServerStatus},
};
use testkit::unique;

use crate::setup::{World, verdict};

impl World {
    /// Another tenant registers the host, with this password.
    async fn stranger(&self, password: &str) -> ServerId {
        let tx = self.company.store.begin().await.unwrap();
        let tenant_id = tx.ensure_tenant(&unique("stranger")).await.unwrap();
        tx.commit().await.unwrap();
        let status = ServerStatus::Unverified;
        let host = self.company.server_of(&self.simulator);
        let server = Server { tenant_id, status, verified: false, ..host };
        self.company.insert_server(&server, self.simulator.username(), password).await
    }

    async fn verify_again(&self, server: ServerId) {
        let tx = self.company.store.begin().await.unwrap();
        tx.next_server_try(server, Duration::ZERO).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn wrong_passwords_of_strangers_reach_a_verified_panel_one_at_a_time() {
    let world = World::new().await;
    let (one, other) = (world.stranger("wrong").await, world.stranger("wrong").await);
    let first = world.info_of(one).await.unwrap_err();
    assert_eq!(first.kind, FaultKind::OutOfService, "{first}");

    // From here on a call of theirs would succeed, so the test would see it.
    let good = world.simulator.password().to_owned();
    world.simulator.set_password("wrong");
    world.verify_again(one).await;
    let again = world.info_of(one).await.unwrap_err();
    assert_eq!((again.kind, &again.message), (first.kind, &first.message), "it tells nothing new");
    assert!(again.retry_after_seconds.is_some_and(|it| it > 200), "{again:?}");
    let (kind, effect) = verdict(world.info_of(other).await);
    assert_eq!((kind, effect), (FaultKind::RateLimited, Effect::NotApplied));
    world.simulator.set_password(&good);
    world.info().await.expect("the verified one does not wait");
}

#[tokio::test]
async fn a_stranger_with_good_credentials_is_asked_all_that_a_verification_asks() {
    let world = World::new().await;
    let stranger = world.stranger(world.simulator.password()).await;
    for _ in 0..2 {
        world.info_of(stranger).await.unwrap();
    }
}

#[tokio::test]
async fn nothing_is_changed_at_a_url_that_is_not_verified() {
    let world = World::new().await;
    let tx = world.company.store.begin().await.unwrap();
    tx.set_server_not_verified(world.server).await.unwrap();
    tx.commit().await.unwrap();
    let refused = world.create(world.order("shop.example", "shop")).await.unwrap_err();
    assert_eq!(refused.kind, FaultKind::OutOfService, "{refused}");
    assert!(refused.message.contains("not verified"), "{refused}");
    assert_eq!(world.simulator.calls("create-domain"), 0);
    world.info().await.expect("it may be asked");

    let url = world.simulator.url();
    let tx = world.company.store.begin().await.unwrap();
    assert!(tx.set_server_verified(world.server, &url).await.unwrap());
    tx.commit().await.unwrap();
    world.create(world.order("shop.example", "shop")).await.unwrap();
}
