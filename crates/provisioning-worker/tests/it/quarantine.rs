//! Wherever `domain.quarantine` is interrupted, an unclaimed virtual server is off or as it was, and never
//! changed further.

use engine::walk::walk;
use model::{
    domain::DomainName,
    fault::FaultKind,
    job::{JobKind, JobStatus},
    server::QuarantineDomain,
};
use simulators::virtualmin::EffectKind;

use crate::world::World;

/// Creates a virtual server that no account of ours claims.
fn unclaimed(world: &World) -> DomainName {
    let domain = format!("{}.test", testkit::unique("stranger"));
    assert!(world.host.create_by_hand(&domain, "stranger"));
    domain.parse().unwrap()
}

fn quarantine(world: &World, domain: &DomainName) -> QuarantineDomain {
    QuarantineDomain { server_id: world.server, domain: domain.clone() }
}

fn is_off(world: &World, domain: &DomainName) -> bool {
    world.host.domain(domain.as_str()).unwrap().disabled.is_some()
}

fn times(world: &World, domain: &DomainName, kind: EffectKind) -> usize {
    let effects = world.host.effects_on(domain.as_str());
    effects.iter().filter(|it| it.kind == kind).count()
}

#[tokio::test]
async fn an_unclaimed_domain_is_switched_off_or_as_it_was() {
    let world = World::new().await;
    let file = async || {
        let domain = unclaimed(&world);
        let job = world.file(&quarantine(&world, &domain)).await;
        (domain, job)
    };
    walk(
        &world.engine,
        &world.store,
        JobKind::DomainQuarantine,
        file,
        async |domain, status, case| {
            assert_eq!(is_off(&world, domain), status == JobStatus::Completed, "{case}");
            assert!(times(&world, domain, EffectKind::Disabled) <= 1, "{case}");
            assert_eq!(times(&world, domain, EffectKind::Deleted), 0, "{case}");
            assert!(!world.host.domain(domain.as_str()).unwrap().protected, "{case}");
        },
    )
    .await;
}

#[tokio::test]
async fn a_domain_already_off_or_gone_is_success_without_undo() {
    let world = World::new().await;
    let domain = unclaimed(&world);
    assert!(world.host.disable_by_hand(domain.as_str()));
    world.completed(&quarantine(&world, &domain)).await;
    assert_eq!(times(&world, &domain, EffectKind::Disabled), 0);
    assert!(world.host.delete_by_hand(domain.as_str()));
    world.completed(&quarantine(&world, &domain)).await;
}

#[tokio::test]
async fn a_domain_of_an_account_is_not_unclaimed() {
    let world = World::new().await;
    let site = world.standing_site().await;
    world.completed(&quarantine(&world, &site.domain)).await;
    assert!(world.is_hosted(&site).await);
}

#[tokio::test]
async fn a_domain_with_a_mark_of_ours_is_left_to_a_person() {
    let world = World::new().await;
    let domain = unclaimed(&world);
    let marker = model::account::Account::marker(model::ids::AccountId::generate());
    assert!(world.host.edit(domain.as_str(), |it| it.description = marker));
    let fault = world.failed(&quarantine(&world, &domain)).await;
    assert_eq!(fault.kind, FaultKind::Conflict, "{fault}");
    assert!(!is_off(&world, &domain));
}

#[tokio::test]
async fn a_protected_domain_stays_on_and_fails_the_job() {
    let world = World::new().await;
    let domain = unclaimed(&world);
    assert!(world.host.edit(domain.as_str(), |it| it.protected = true));
    world.failed(&quarantine(&world, &domain)).await;
    assert!(!is_off(&world, &domain));
    assert!(world.host.domain(domain.as_str()).unwrap().protected);
}
