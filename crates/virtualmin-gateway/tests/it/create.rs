//! Tests of creation.

use contracts::gateway::v1::{Limits, Quota};
use model::fault::{Effect, FaultKind, FaultReason};
use model::password::Source;
use simulators::virtualmin::{EffectKind, Fault, FaultKind as Wrong, Simulator};

use crate::setup::{World, verdict};

/// The output of a real panel when it stopped half way.
const HALTED: &str = "Beginning server creation ..\n\nSaving server details ..\n.. done\n\nCreating \
    administration group shop ..\n.. administration group was created but does not exist!\n";

fn created(world: &World) -> usize {
    let effects = world.simulator.effects_on("shop.example");
    effects.iter().filter(|it| it.kind == EffectKind::Created).count()
}

#[tokio::test]
async fn creates_the_requested_virtual_server_and_protects_it() {
    let world = World::new().await;
    let mut order = world.order("shop.example", "shop");
    order.limits = Some(Limits {
        disk_mib: Some(2048),
        bandwidth_mib: Some(10),
        mailboxes: Some(3),
        databases: None,
    });
    let domain = world.create(order).await.unwrap();
    assert_eq!((domain.name.as_str(), domain.username.as_str()), ("shop.example", "shop"));
    assert_eq!(domain.marker, world.marker());
    assert_eq!(domain.quota, Some(Quota { limit_kib: Some(2048 * 1024) }));
    assert_eq!(domain.r#type, "top-level");
    assert_eq!(domain.disabled, None);

    let made = world.simulator.domain("shop.example").unwrap();
    assert!(made.protected && made.password_set);
    assert_eq!(made.description, world.marker());
    assert_eq!(made.limits.quota_blocks, 2048 * 1024);
    assert_eq!(made.limits.user_quota_blocks, 2048 * 1024);
    assert_eq!(made.limits.bandwidth_bytes, 10 << 20);
    assert_eq!((made.limits.mailboxes, made.limits.databases), (Some(3), None));
    let mut features = made.features;
    features.sort();
    assert_eq!(features, ["dir", "mail", "unix", "web", "webmin"]);
}

#[tokio::test]
async fn without_limits_the_panels_own_plan_decides_nothing() {
    let world = World::new().await;
    let mut order = world.order("shop.example", "shop");
    order.limits = None;
    let domain = world.create(order).await.unwrap();
    assert_eq!(domain.quota, Some(Quota { limit_kib: None }));
    let limits = world.simulator.domain("shop.example").unwrap().limits;
    assert_eq!((limits.quota_blocks, limits.bandwidth_bytes), (0, 0));
}

#[tokio::test]
async fn the_same_order_twice_is_one_virtual_server() {
    let world = World::new().await;
    let first = world.shop().await;
    let second = world.shop().await;
    assert_eq!(first.id, second.id);
    assert_eq!(created(&world), 1);
    assert!(world.simulator.domain("shop.example").unwrap().protected);
}

#[tokio::test]
async fn a_foreign_virtual_server_is_a_conflict_and_stays_unchanged() {
    let world = World::new().await;
    world.simulator.create_by_hand("shop.example", "shop");
    let before = world.simulator.domain("shop.example");
    let refused = world.create(world.order("shop.example", "shop")).await;
    let fault = refused.unwrap_err();
    assert_eq!((fault.kind, fault.effect), (FaultKind::Conflict, Effect::NotApplied));
    assert_eq!(fault.reason, None, "another user name would not help");
    assert_eq!(world.simulator.domain("shop.example"), before);
    assert!(world.simulator.effects().is_empty());
}

#[tokio::test]
async fn our_virtual_server_under_another_user_is_a_conflict() {
    let world = World::new().await;
    world.shop().await;
    let refused = world.create(world.order("shop.example", "shop2")).await;
    assert_eq!(verdict(refused), (FaultKind::Conflict, Effect::NotApplied));
    assert_eq!(world.simulator.domain("shop.example").unwrap().username, "shop");
}

#[tokio::test]
async fn a_user_name_that_is_taken_is_a_conflict_with_that_reason() {
    type Take = fn(&Simulator) -> bool;
    let taken: [Take; 3] = [
        |it| it.create_by_hand("other.example", "shop"),
        |it| it.add_user("shop"),
        |it| it.add_group("shop"),
    ];
    for take in taken {
        let world = World::new().await;
        assert!(take(&world.simulator));
        let fault = world.create(world.order("shop.example", "shop")).await.unwrap_err();
        assert_eq!((fault.kind, fault.effect), (FaultKind::Conflict, Effect::NotApplied));
        assert_eq!(fault.reason, Some(FaultReason::UsernameTaken), "{fault}");
        assert_eq!(world.simulator.domain("shop.example"), None);
    }
}

#[tokio::test]
async fn an_incomplete_virtual_server_of_an_earlier_try_is_refused() {
    let world = World::new().await;
    world.shop().await;
    world.simulator.edit("shop.example", |it| it.features.retain(|feature| feature != "mail"));
    let fault = world.create(world.order("shop.example", "shop")).await.unwrap_err();
    assert_eq!((fault.kind, fault.effect), (FaultKind::Refused, Effect::Applied));
    assert!(fault.message.contains("mail"), "{}", fault.message);
}

#[tokio::test]
async fn a_half_made_virtual_server_is_removed() {
    let world = World::new().await;
    world.shop().await;
    // A real panel leaves it in this state: existing, ours, not yet protected.
    world.simulator.edit("shop.example", |it| {
        it.half_made = true;
        it.protected = false;
    });
    let halted = Wrong::Failure { error: HALTED.to_owned() };
    world.simulator.inject("create-domain", Fault::once(halted));
    let fault = world.create(world.order("shop.example", "shop")).await.unwrap_err();
    assert_eq!((fault.kind, fault.effect), (FaultKind::Unavailable, Effect::NotApplied));
    assert!(fault.message.contains("was created but does not exist"), "{}", fault.message);
    assert_eq!(world.simulator.domain("shop.example"), None);
    world.shop().await;
}

#[tokio::test]
async fn a_foreign_virtual_server_is_never_removed() {
    let world = World::new().await;
    world.simulator.create_by_hand("shop.example", "shop");
    let halted = Wrong::Failure { error: HALTED.to_owned() };
    world.simulator.inject("create-domain", Fault::once(halted));
    let refused = world.create(world.order("shop.example", "shop")).await;
    assert_eq!(verdict(refused), (FaultKind::Unavailable, Effect::Unknown));
    assert!(world.simulator.domain("shop.example").is_some());
}

#[tokio::test]
async fn a_success_without_effect_is_found_out() {
    let world = World::new().await;
    world.simulator.inject("create-domain", Fault::once(Wrong::SuccessWithoutEffect));
    let refused = world.create(world.order("shop.example", "shop")).await;
    assert_eq!(verdict(refused), (FaultKind::Protocol, Effect::Unknown));
}

#[tokio::test]
async fn a_wrong_order_is_refused_before_the_host_is_called() {
    let world = World::new().await;
    let order = world.order("shop.example", "shop");
    type Spoil = fn(&mut contracts::gateway::v1::CreateDomainRequest);
    let spoils: [(&str, Spoil); 8] = [
        ("server_id", |it| it.server_id = "vm1".to_owned()),
        ("fence", |it| it.fence = None),
        ("domain", |it| it.domain = "a\n--quota".to_owned()),
        ("username", |it| it.username = "root".to_owned()),
        ("marker", |it| it.marker = String::new()),
        ("features", |it| it.features = vec!["webmin".to_owned()]),
        ("account_id", |it| it.account_id = "x".to_owned()),
        ("limits.disk_mib", |it| {
            it.limits = Some(Limits { disk_mib: Some(0), ..Limits::default() });
        }),
    ];
    for (field, spoil) in spoils {
        let mut order = order.clone();
        spoil(&mut order);
        let fault = world.create(order).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Invalid, "{field}");
        assert_eq!(fault.violations[0].field, field);
    }
    assert_eq!(world.simulator.calls("create-domain"), 0);
}

#[tokio::test]
async fn a_database_that_is_not_ours_is_not_taken_over() {
    let world = World::new().await;
    assert!(world.simulator.add_database("shop"));
    let mut order = world.order("shop.example", "shop");
    order.features.push("mysql".to_owned());
    let fault = world.create(order).await.unwrap_err();
    assert_eq!((fault.kind, fault.effect), (FaultKind::Conflict, Effect::NotApplied));
    assert!(fault.message.contains("A MySQL database named shop already exists"), "{fault}");
    assert_eq!(fault.reason, None, "another user name would not help");
    assert!(world.simulator.domains().is_empty() && world.simulator.effects().is_empty());
    world.create(world.order("shop.example", "shop")).await.expect("it wants no database");
}

#[tokio::test]
async fn a_database_login_that_is_not_ours_is_a_user_name_that_is_taken() {
    let world = World::new().await;
    assert!(world.simulator.add_database_user("shop"));
    let order = |user: &str| {
        let mut order = world.order("shop.example", user);
        order.features.push("mysql".to_owned());
        order
    };
    let fault = world.create(order("shop")).await.unwrap_err();
    assert_eq!(fault.reason, Some(FaultReason::UsernameTaken), "{fault}");
    assert!(world.simulator.effects().is_empty());
    world.create(order("shop2")).await.unwrap();
}

#[tokio::test]
async fn a_password_sealed_for_another_account_does_not_open() {
    let world = World::new().await;
    let order = world.order("shop.example", "shop");
    let sealed = world.company.keyring.seal("account/another/password", b"pa55-Word");
    let tx = world.company.store.begin().await.unwrap();
    tx.set_password(world.account, &sealed, Source::Generated).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(verdict(world.create(order).await), (FaultKind::Internal, Effect::NotApplied));
    assert_eq!(world.simulator.calls("create-domain"), 0);
}
