//! Faults of a panel during a job: lost answers, false answers, and domains that belong to another
//! administrator.

use engine::{Outcome, walk::turn};
use model::{
    account::{AccountStatus, ProvisionAccount},
    fault::FaultKind,
    job::JobStatus,
};
use simulators::virtualmin::{EffectKind, Fault, FaultKind as PanelFault};

use crate::world::World;

#[tokio::test]
async fn a_lost_answer_creates_nothing_twice() {
    let world = World::new().await;
    let site = world.site().await;
    world.host.inject("create-domain", Fault::once(PanelFault::LostAfterEffect));
    world.completed(&ProvisionAccount { account_id: site.account }).await;
    assert_eq!(world.times(&site, EffectKind::Created), 1);
    assert!(world.is_hosted(&site).await && world.is_served(&site).await);
}

#[tokio::test]
async fn an_answer_lost_while_protecting_leaves_nothing_unprotected() {
    let world = World::new().await;
    let site = world.site().await;
    world.host.inject("modify-domain", Fault::once(PanelFault::LostBeforeEffect));
    world.completed(&ProvisionAccount { account_id: site.account }).await;
    assert_eq!(world.times(&site, EffectKind::Created), 1);
    assert!(world.is_hosted(&site).await);
}

#[tokio::test]
async fn a_success_without_effect_is_not_believed() {
    let world = World::new().await;
    let site = world.site().await;
    world.host.inject("create-domain", Fault::once(PanelFault::SuccessWithoutEffect));
    world.completed(&ProvisionAccount { account_id: site.account }).await;
    assert_eq!(world.times(&site, EffectKind::Created), 1);
    assert!(world.is_hosted(&site).await);
}

#[tokio::test]
async fn a_panel_that_lies_for_longer_than_the_patience_fails_the_job() {
    let world = World::new().await;
    let site = world.site().await;
    world.host.inject("create-domain", Fault::always(PanelFault::SuccessWithoutEffect));
    let job = world.file(&ProvisionAccount { account_id: site.account }).await;
    assert!(matches!(turn(&world.engine, job, &[]).await, Outcome::Later(_)));
    world.outlasts(job).await;
    let ended = world.driven(job).await;
    let fault = ended.fault.unwrap();
    assert_eq!((ended.status, fault.kind), (JobStatus::Failed, FaultKind::Protocol), "{fault}");
    assert!(world.is_hosted_nowhere(&site));
    assert_eq!(world.zone(&site).await, None);
    assert_eq!(world.status(&site).await, AccountStatus::Failed);
}

#[tokio::test]
async fn someone_elses_domain_is_a_conflict_and_untouched() {
    let world = World::new().await;
    let site = world.site().await;
    let domain = site.domain.as_str();
    assert!(world.host.create_by_hand(domain, "stranger"));
    let before = world.host.domain(domain);
    let fault = world.failed(&ProvisionAccount { account_id: site.account }).await;
    assert_eq!(fault.kind, FaultKind::Conflict, "{fault}");
    assert_eq!(world.host.domain(domain), before);
    assert!(world.host.effects_on(domain).is_empty());
    assert_eq!(world.zone(&site).await, None);
    assert_eq!(world.status(&site).await, AccountStatus::Failed);
}

#[tokio::test]
async fn a_foreign_domain_is_left_unchanged_when_the_look_finds_it() {
    let world = World::new().await;
    let site = world.site().await;
    let domain = site.domain.as_str();
    assert!(world.host.create_by_hand(domain, "stranger"));
    world.host.inject("create-domain", Fault::once(PanelFault::LostBeforeEffect));
    let fault = world.failed(&ProvisionAccount { account_id: site.account }).await;
    assert_eq!(fault.kind, FaultKind::Conflict, "{fault}");
    assert!(world.host.effects_on(domain).is_empty());
    assert!(world.host.domain(domain).is_some());
}
