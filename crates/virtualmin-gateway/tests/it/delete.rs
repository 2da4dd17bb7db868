//! Tests of deletion.

use contracts::gateway::v1;
use model::{
    fault::{Effect, FaultKind},
    fence::Change,
};
use simulators::virtualmin::{Fault, FaultKind as Wrong};

use crate::setup::{World, answer, verdict};

impl World {
    /// Deletes a virtual server; `true` if it existed.
    pub(crate) async fn delete(&self, domain: &str) -> Result<bool, model::fault::Fault> {
        self.may(Change::Delete).await;
        let request = v1::DeleteDomainRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: domain.to_owned(),
            marker: self.marker(),
        };
        answer(self.client.clone().delete_domain(request).await).map(|it| it.existed)
    }
}

#[tokio::test]
async fn removes_our_virtual_server_although_it_is_protected() {
    let world = World::new().await;
    world.shop().await;
    assert!(world.delete("shop.example").await.unwrap());
    assert_eq!(world.simulator.domain("shop.example"), None);
}

#[tokio::test]
async fn a_missing_virtual_server_is_success() {
    let world = World::new().await;
    assert!(!world.delete("shop.example").await.unwrap());
    assert_eq!(world.simulator.calls("delete-domain"), 0);
}

#[tokio::test]
async fn a_foreign_virtual_server_is_left_unchanged() {
    let world = World::new().await;
    world.simulator.create_by_hand("shop.example", "shop");
    let refused = world.delete("shop.example").await;
    assert_eq!(verdict(refused), (FaultKind::Conflict, Effect::NotApplied));
    assert!(world.simulator.domain("shop.example").is_some());
    assert!(world.simulator.effects().is_empty());
}

#[tokio::test]
async fn a_success_without_effect_is_found_out() {
    let world = World::new().await;
    world.shop().await;
    world.simulator.inject("delete-domain", Fault::once(Wrong::SuccessWithoutEffect));
    assert_eq!(verdict(world.delete("shop.example").await), (FaultKind::Protocol, Effect::Unknown));
    testkit::eventually("the host has settled", async || world.delete("shop.example").await.ok())
        .await;
    assert_eq!(world.simulator.domain("shop.example"), None);
}

#[tokio::test]
async fn a_look_that_fails_removes_nothing_and_claims_nothing() {
    let world = World::new().await;
    world.shop().await;
    world.simulator.inject("list-domains", Fault::always(Wrong::HtmlPage));
    let refused = world.delete("shop.example").await;
    assert_eq!(verdict(refused), (FaultKind::Protocol, Effect::NotApplied));
    assert!(world.simulator.domain("shop.example").is_some());
}
