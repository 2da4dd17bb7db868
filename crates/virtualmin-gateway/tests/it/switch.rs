//! Tests of switching virtual servers off and on.

use contracts::gateway::v1;
use model::{
    fault::{Effect, FaultKind},
    fence::Change,
};
use simulators::virtualmin::{EffectKind, Fault, FaultKind as Wrong};

use crate::setup::{SHOP, STRANGER, World, answer, verdict};

impl World {
    pub(crate) async fn disable(
        &self,
        domain: &str,
        reason: &str,
    ) -> Result<v1::Domain, model::fault::Fault> {
        self.may(Change::Disable).await;
        let request = v1::DisableDomainRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: domain.to_owned(),
            marker: self.marker(),
            reason: reason.to_owned(),
            unclaimed: false,
        };
        answer(self.client.clone().disable_domain(request).await)
    }

    pub(crate) async fn enable(&self, domain: &str) -> Result<v1::Domain, model::fault::Fault> {
        self.may(Change::Enable).await;
        let request = v1::EnableDomainRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: domain.to_owned(),
            marker: self.marker(),
            unclaimed: false,
        };
        answer(self.client.clone().enable_domain(request).await)
    }

    pub(crate) async fn disable_unclaimed(
        &self,
        domain: &str,
    ) -> Result<v1::Domain, model::fault::Fault> {
        self.may(Change::DisableUnclaimed).await;
        let request = v1::DisableDomainRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: domain.to_owned(),
            marker: String::new(),
            reason: "nobody claims it".to_owned(),
            unclaimed: true,
        };
        answer(self.client.clone().disable_domain(request).await)
    }

    pub(crate) async fn enable_unclaimed(
        &self,
        domain: &str,
    ) -> Result<v1::Domain, model::fault::Fault> {
        self.may(Change::EnableUnclaimed).await;
        let request = v1::EnableDomainRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: domain.to_owned(),
            marker: String::new(),
            unclaimed: true,
        };
        answer(self.client.clone().enable_domain(request).await)
    }
}

fn count(world: &World, kind: EffectKind) -> usize {
    let effects = world.simulator.effects_on("shop.example");
    effects.iter().filter(|it| it.kind == kind).count()
}

#[tokio::test]
async fn switches_off_with_the_reason_and_on_again() {
    let world = World::new().await;
    world.shop().await;
    let off = world.disable("shop.example", "unpaid:\ninvoice #42").await.unwrap();
    assert_eq!(off.disabled.as_deref(), Some("Manually (unpaid: invoice #42)"));
    let on = world.enable("shop.example").await.unwrap();
    assert_eq!(on.disabled, None);
    assert_eq!((count(&world, EffectKind::Disabled), count(&world, EffectKind::Enabled)), (1, 1));
    assert!(world.simulator.domain("shop.example").unwrap().protected);
}

#[tokio::test]
async fn off_twice_and_on_twice_is_success_and_done_once() {
    let world = World::new().await;
    world.shop().await;
    for _ in 0..2 {
        assert!(world.disable("shop.example", "").await.unwrap().disabled.is_some());
    }
    for _ in 0..2 {
        assert_eq!(world.enable("shop.example").await.unwrap().disabled, None);
    }
    assert_eq!((count(&world, EffectKind::Disabled), count(&world, EffectKind::Enabled)), (1, 1));
    assert!(world.simulator.domain("shop.example").unwrap().protected);
}

#[tokio::test]
async fn the_answer_already_disabled_is_checked_by_a_look() {
    let world = World::new().await;
    world.shop().await;
    let already = "Virtual server shop.example is already disabled";
    let fault = Wrong::Failure { error: already.to_owned() };
    world.simulator.inject("disable-domain", Fault::once(fault));
    let refused = world.disable("shop.example", "").await;
    // The panel reports success, but the look finds the virtual server still on.
    assert_eq!(verdict(refused), (FaultKind::Protocol, Effect::Unknown));
    let off = testkit::eventually("the host has settled", async || {
        world.disable("shop.example", "").await.ok()
    });
    assert!(off.await.disabled.is_some());
}

#[tokio::test]
async fn a_foreign_virtual_server_is_left_unchanged() {
    let world = World::new().await;
    world.simulator.create_by_hand(SHOP, "other");
    let refused = world.disable(SHOP, "").await;
    assert_eq!(verdict(refused), (FaultKind::Conflict, Effect::NotApplied));
    let refused = world.enable(SHOP).await;
    assert_eq!(verdict(refused), (FaultKind::Conflict, Effect::NotApplied));
    assert!(world.simulator.effects().is_empty());
}

#[tokio::test]
async fn an_unclaimed_domain_is_switched_and_not_protected() {
    let world = World::new().await;
    world.simulator.create_by_hand("other.example", "other");
    for _ in 0..2 {
        let off = world.disable_unclaimed("other.example").await.unwrap();
        assert_eq!(off.disabled.as_deref(), Some("Manually (nobody claims it)"));
    }
    assert!(!world.simulator.domain("other.example").unwrap().protected);
    for _ in 0..2 {
        assert_eq!(world.enable_unclaimed("other.example").await.unwrap().disabled, None);
    }
    assert!(!world.simulator.domain("other.example").unwrap().protected);
    assert_eq!(world.simulator.effects().len(), 2);
}

#[tokio::test]
async fn a_domain_with_a_mark_of_ours_is_not_unclaimed() {
    let world = World::new().await;
    world.simulator.create_by_hand(STRANGER, "other");
    let marker = model::account::Account::marker(model::ids::AccountId::generate());
    assert!(world.simulator.edit(STRANGER, |it| it.description = marker));
    let refused = world.disable_unclaimed(STRANGER).await;
    assert_eq!(verdict(refused), (FaultKind::Conflict, Effect::NotApplied));
    let refused = world.enable_unclaimed(STRANGER).await;
    assert_eq!(verdict(refused), (FaultKind::Conflict, Effect::NotApplied));
    assert!(world.simulator.effects().is_empty());
}

#[tokio::test]
async fn a_missing_virtual_server_is_not_found() {
    let world = World::new().await;
    let missing = world.disable("shop.example", "").await;
    assert_eq!(verdict(missing), (FaultKind::NotFound, Effect::NotApplied));
}

#[tokio::test]
async fn a_success_without_effect_is_found_out() {
    let world = World::new().await;
    world.shop().await;
    world.simulator.inject("disable-domain", Fault::once(Wrong::SuccessWithoutEffect));
    let refused = world.disable("shop.example", "").await;
    assert_eq!(verdict(refused), (FaultKind::Protocol, Effect::Unknown));
}

#[tokio::test]
async fn a_refusal_leaves_the_virtual_server_protected() {
    let world = World::new().await;
    world.shop().await;
    let fault = Wrong::Failure { error: "The moon is in the wrong house".to_owned() };
    world.simulator.inject("disable-domain", Fault::once(fault));
    let refused = world.disable("shop.example", "").await;
    assert_eq!(verdict(refused), (FaultKind::Refused, Effect::NotApplied));
    assert!(world.simulator.domain("shop.example").unwrap().protected);
}
