//! Tests of changes of limits.

use contracts::gateway::v1::{self, Counts, Limits, ModifyDomainRequest, Quota};
use model::{
    fault::{Effect, FaultKind},
    fence::Change,
};
use simulators::virtualmin::{Fault, FaultKind as Wrong};

use crate::setup::{SHOP, World, answer, verdict};

impl World {
    pub(crate) async fn modify(
        &self,
        domain: &str,
        limits: Option<v1::Limits>,
    ) -> Result<v1::Domain, model::fault::Fault> {
        let domain = domain.to_owned();
        let request = v1::ModifyDomainRequest { domain, limits, ..Default::default() };
        self.change_settings(request).await
    }

    /// Changes what is given, of the shop if no domain is.
    async fn change_settings(
        &self,
        request: v1::ModifyDomainRequest,
    ) -> Result<v1::Domain, model::fault::Fault> {
        self.may(Change::Modify).await;
        let domain = Some(request.domain).filter(|it| !it.is_empty());
        let request = v1::ModifyDomainRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: domain.unwrap_or_else(|| SHOP.to_owned()),
            marker: self.marker(),
            ..request
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
    let world = World::without_rest().await;
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

#[tokio::test]
async fn numbers_address_and_protection_are_set_and_the_rest_stays() {
    let world = World::new().await;
    world.shop().await;
    let counts = Counts { mailboxes: Some(0), sub_servers: Some(5), ..Counts::default() };
    let request = ModifyDomainRequest {
        counts: Some(counts),
        email: "owner@other.example".to_owned(),
        protected: Some(false),
        ..ModifyDomainRequest::default()
    };
    let domain = world.change_settings(request).await.unwrap();
    assert_eq!(domain.quota, Some(Quota { limit_kib: Some(1024 * 1024) }));
    let made = world.simulator.domain(SHOP).unwrap();
    assert_eq!((made.limits.mailboxes, made.limits.sub_servers), (Some(0), Some(5)));
    assert_eq!((made.limits.databases, made.limits.quota_blocks), (None, 1024 * 1024));
    assert_eq!((made.email.as_deref(), made.protected), (Some("owner@other.example"), false));
    let request = ModifyDomainRequest { protected: Some(true), ..ModifyDomainRequest::default() };
    world.change_settings(request).await.unwrap();
    assert!(world.simulator.domain(SHOP).unwrap().protected);
}

#[tokio::test]
async fn a_plan_that_the_panel_does_not_have_is_no_success() {
    let world = World::new().await;
    world.shop().await;
    let plan = |name: &str| {
        let plan = name.to_owned();
        world.change_settings(ModifyDomainRequest { plan, ..ModifyDomainRequest::default() })
    };
    assert_eq!(plan("Default Plan").await.unwrap().plan, "Default Plan");
    let unknown = plan("Large").await.unwrap_err();
    assert_eq!((unknown.kind, unknown.effect), (FaultKind::Protocol, Effect::Unknown));
    assert!(unknown.message.contains("plan"), "{unknown}");
}

#[tokio::test]
async fn lost_answers_are_settled_by_looks_and_numbers_without_effect_found_out() {
    let world = World::without_rest().await;
    world.shop().await;
    for program in ["modify-domain", "modify-limits"] {
        world.simulator.inject(program, Fault::once(Wrong::LostAfterEffect));
    }
    let request = ModifyDomainRequest {
        limits: disk(4096),
        counts: Some(Counts { mailboxes: Some(7), ..Counts::default() }),
        ..ModifyDomainRequest::default()
    };
    world.change_settings(request).await.unwrap();
    let limits = world.simulator.domain(SHOP).unwrap().limits;
    assert_eq!((limits.quota_blocks, limits.mailboxes), (4096 * 1024, Some(7)));
    world.simulator.inject("modify-limits", Fault::once(Wrong::SuccessWithoutEffect));
    let counts = Some(Counts::default());
    let request = ModifyDomainRequest { counts, ..ModifyDomainRequest::default() };
    let refused = world.change_settings(request).await;
    assert_eq!(verdict(refused), (FaultKind::Protocol, Effect::Unknown));
}
