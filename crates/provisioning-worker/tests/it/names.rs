//! Accounts on one server get distinct user names, and none that the host has already.

use engine::{
    Injected, Injection, Moment, Outcome,
    walk::{drive, turn},
};
use model::{
    account::{AccountStatus, ProvisionAccount},
    fault::{FaultKind, FaultReason},
    job::JobStatus,
};
use simulators::virtualmin::{EffectKind, Fault, FaultKind as Wrong};
use store::claims::Hold;

use crate::world::World;

#[tokio::test]
async fn accounts_whose_domains_begin_alike_get_names_of_their_own() {
    let world = World::new().await;
    let mut names = Vec::new();
    for domain in ["shop.test", "shop.example", "shop-2.test"] {
        let site = world.site_of(domain).await;
        world.completed(&ProvisionAccount { account_id: site.account }).await;
        names.push(world.account(&site).await.username.unwrap().to_string());
        assert!(world.is_hosted(&site).await, "{domain}");
    }
    assert_eq!(names, ["shop", "shop2", "shop22"]);
}

#[tokio::test]
async fn accounts_that_choose_at_the_same_time_choose_different_names() {
    let world = World::new().await;
    // The jobs hold the host at the same time.
    let tx = world.store.begin().await.unwrap();
    tx.ensure_resource(&world.server.mutation_slot(), 3).await.unwrap();
    tx.commit().await.unwrap();
    let mut sites = Vec::new();
    for domain in ["race.test", "race.example", "race.other.test"] {
        let site = world.site_of(domain).await;
        let job = world.file(&ProvisionAccount { account_id: site.account }).await;
        sites.push((site, job));
    }
    // A worker crashes once it has chosen, unless another account took the name first.
    let crash = [Injection {
        step: "choose-identity",
        moment: Moment::AfterRecord,
        injected: Injected::Crash,
    }];
    let choose = async |at: usize| {
        let job = sites[at].1;
        let outcome = turn(&world.engine, job, &crash).await;
        if outcome == Outcome::Crashed {
            let epoch = world.job(job).await.epoch;
            world.store.abandon(Hold { job, epoch }).await.unwrap();
        }
    };
    tokio::join!(choose(0), choose(1), choose(2));
    let mut names = Vec::new();
    for (site, job) in &sites {
        assert_eq!(drive(&world.engine, *job, &[]).await, JobStatus::Completed);
        names.push(world.account(site).await.username.unwrap().to_string());
    }
    names.sort();
    assert_eq!(names, ["race", "race2", "race3"]);
}

#[tokio::test]
async fn a_name_that_the_host_has_already_gets_a_number() {
    let world = World::new().await;
    assert!(world.host.add_user("patru") && world.host.add_group("cinci"));
    for (domain, name) in [("patru.test", "patru2"), ("cinci.test", "cinci2")] {
        let site = world.site_of(domain).await;
        world.completed(&ProvisionAccount { account_id: site.account }).await;
        assert_eq!(world.account(&site).await.username.unwrap().as_str(), name);
        assert!(world.is_hosted(&site).await, "{domain}");
        assert_eq!(world.times(&site, EffectKind::Created), 1);
    }
}

#[tokio::test]
async fn names_of_other_accounts_are_passed_over_without_asking_the_host() {
    let world = World::new().await;
    for domain in ["shop.test", "shop.example"] {
        let site = world.site_of(domain).await;
        world.completed(&ProvisionAccount { account_id: site.account }).await;
    }
    assert!(world.host.add_user("shop3"));
    let before = world.host.calls("create-domain");
    let site = world.site_of("shop.other.test").await;
    world.completed(&ProvisionAccount { account_id: site.account }).await;
    assert_eq!(world.account(&site).await.username.unwrap().as_str(), "shop4");
    assert_eq!(world.host.calls("create-domain") - before, 2, "shop3 and shop4");
}

#[tokio::test]
async fn a_repeat_goes_on_with_the_name_of_the_account() {
    let world = World::new().await;
    assert!(world.host.add_user("patru"));
    let site = world.site_of("patru.test").await;
    // The first call is refused because of the name, and the second is cut after its effect.
    world.host.inject("create-domain", Fault::once(Wrong::LostAfterEffect).every(2));
    let job = world.file(&ProvisionAccount { account_id: site.account }).await;
    let outcome = turn(&world.engine, job, &[]).await;
    assert!(matches!(outcome, Outcome::Later(_)), "{outcome:?}");
    assert_eq!(world.account(&site).await.username.unwrap().as_str(), "patru2");
    // The user that was in the way is gone, which changes nothing.
    world.host.remove_user("patru");
    assert_eq!(drive(&world.engine, job, &[]).await, JobStatus::Completed);
    assert_eq!(world.account(&site).await.username.unwrap().as_str(), "patru2");
    assert!(world.is_hosted(&site).await);
    assert_eq!(world.times(&site, EffectKind::Created), 1);
}

#[tokio::test]
async fn a_host_that_has_every_name_ends_the_job_after_twenty() {
    let world = World::new().await;
    assert!(world.host.add_user("patru"));
    for number in 2..=20 {
        assert!(world.host.add_user(&format!("patru{number}")));
    }
    let site = world.site_of("patru.test").await;
    let fault = world.failed(&ProvisionAccount { account_id: site.account }).await;
    assert_eq!(
        (fault.kind, fault.reason),
        (FaultKind::Conflict, Some(FaultReason::UsernameTaken)),
        "{fault}"
    );
    assert!(fault.message.contains("patru, patru2, ") && fault.message.contains("patru20"));
    let words = "The specified administration user already exists";
    assert!(fault.message.contains(words), "{fault}");
    assert_eq!(world.host.calls("create-domain"), 20);
    assert!(world.is_hosted_nowhere(&site));
    assert_eq!(world.status(&site).await, AccountStatus::Failed);
}
