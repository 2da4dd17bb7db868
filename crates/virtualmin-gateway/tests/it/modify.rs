//! Tests of changes of limits.

use contracts::gateway::v1::{self, Limits, Quota};
use model::{
    fault::{Effect, FaultKind},
    fence::Change,
};
use simulators::virtualmin::{Fault, FaultKind as Wrong};

use crate::setup::{World, answer, verdict};

impl World {
    pub(crate) async fn modify(
        &self,
        domain: &str,
        limits: Option<v1::Limits>,
    ) -> Result<v1::Domain, model::fault::Fault> {
        self.may(Change::Modify).await;
        let request = v1::ModifyDomainRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: domain.to_owned(),
            marker: self.marker(),
            limits,
        };
        answer(self.client.clone().modify_domain(request).await)
    }
}

fn disk(mib: u64) -> Option<Limits> {
    Some(Limits { disk_mib: Some(mib), ..Limits::default() })
}

#[tokio::test]
async fn sets_both_quotas_and_reads_them_back() {
    let world = World::new().await;
    world.shop().await;
    let domain = world.modify("shop.example", disk(4096)).await.unwrap();
    assert_eq!(domain.quota, Some(Quota { limit_kib: Some(4096 * 1024) }));
    let limits = world.simulator.domain("shop.example").unwrap().limits;
    assert_eq!((limits.quota_blocks, limits.user_quota_blocks), (4096 * 1024, 4096 * 1024));
    let domain = world.modify("shop.example", Some(Limits::default())).await.unwrap();
    assert_eq!(domain.quota, Some(Quota { limit_kib: None }));
}

#[tokio::test]
async fn a_success_without_effect_is_found_out() {
    let world = World::new().await;
    world.shop().await;
    world.simulator.inject("modify-domain", Fault::once(Wrong::SuccessWithoutEffect));
    let refused = world.modify("shop.example", disk(4096)).await;
    assert_eq!(verdict(refused), (FaultKind::Protocol, Effect::Unknown));
}

#[tokio::test]
async fn a_foreign_virtual_server_is_left_unchanged() {
    let world = World::new().await;
    world.simulator.create_by_hand("shop.example", "shop");
    let refused = world.modify("shop.example", disk(4096)).await;
    assert_eq!(verdict(refused), (FaultKind::Conflict, Effect::NotApplied));
    assert!(world.simulator.effects().is_empty());
}

#[tokio::test]
async fn limits_that_cannot_be_set_are_refused_and_not_ignored() {
    let world = World::new().await;
    world.shop().await;
    let limits = Limits { mailboxes: Some(5), ..Limits::default() };
    let refused = world.modify("shop.example", Some(limits)).await;
    assert_eq!(verdict(refused), (FaultKind::Invalid, Effect::NotApplied));
}
