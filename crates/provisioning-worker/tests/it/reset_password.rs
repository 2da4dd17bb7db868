//! Wherever `account.reset_password` is interrupted, host and rows have the same password in the end.

use std::cell::Cell;

use engine::walk::{drive, turn, walk};
use fixtures::Site;
use model::{
    account::{AccountStatus, HealAccount, ResetAccountPassword, SuspendAccount},
    fault::FaultKind,
    ids::JobId,
    job::{JobKind, JobStatus},
    password::{Place, Source},
};

use simulators::virtualmin::VirtualServer;

use crate::world::World;

const GIVEN: &str = "a g1ven Passw0rd";

fn reset(site: &Site, given: bool) -> ResetAccountPassword {
    ResetAccountPassword { account_id: site.account, given }
}

impl World {
    /// Files a reset as the API does, with a given password or without one.
    async fn file_reset(&self, site: &Site, given: Option<&str>) -> JobId {
        let order = reset(site, given.is_some());
        let job = self.job_of(&order).holding(self.server.mutation_slot());
        let tx = self.store.begin().await.unwrap();
        if let Some(given) = given {
            let sealed = self.keyring.seal(&site.account.password_context(), given.as_bytes());
            let set = tx.set_pending_password(site.account, job.id, &sealed, Source::Given);
            set.await.unwrap();
        }
        tx.file_job(&job).await.unwrap();
        tx.commit().await.unwrap();
        job.id
    }

    async fn is_kept(&self, site: &Site, place: Place) -> bool {
        self.store.sealed_password(site.account, place).await.unwrap().is_some()
    }
}

#[tokio::test]
async fn a_reset_holds_or_never_was() {
    let world = World::new().await;
    let sites = Cell::new(0_u32);
    // Every second password is given, and every second host of two lists hashes.
    let new_site = async || {
        let number = sites.replace(sites.get() + 1);
        world.host.hash_passwords(number % 4 < 2);
        let site = world.standing_site().await;
        let before = world.password_on_both_sides(&site).await;
        let given = number.is_multiple_of(2).then_some(GIVEN);
        let job = world.file_reset(&site, given).await;
        ((site, before, given), job)
    };
    let kind = JobKind::AccountResetPassword;
    walk(
        &world.engine,
        &world.store,
        kind,
        new_site,
        async |(site, before, given), status, case| {
            let password = world.password_on_both_sides(site).await;
            let told = world.told(site, "account.password_reset").await;
            assert!(!world.is_kept(site, Place::Pending).await, "{case}");
            if status == JobStatus::Completed {
                match given {
                    Some(given) => assert_eq!(password, *given, "{case}"),
                    None => assert_ne!(password, *before, "{case}"),
                }
                assert_eq!(told, 1, "{case}");
                let showing = world.store.password_showing(site.account).await.unwrap().unwrap();
                assert_eq!(showing.until.is_some(), given.is_none(), "{case}");
            } else {
                assert_eq!(status, JobStatus::Failed, "{case}");
                assert_eq!(password, *before, "{case}");
                // A published reset is followed by the one that took it back.
                assert!(told == 0 || told == 2, "{case}: {told}");
            }
            assert!(world.is_hosted(site).await, "{case}");
        },
    )
    .await;
}

#[tokio::test]
async fn a_virtual_server_made_again_has_the_new_password() {
    let world = World::new().await;
    let site = world.standing_site().await;
    let job = world.file_reset(&site, Some(GIVEN)).await;
    assert_eq!(world.driven(job).await.status, JobStatus::Completed);
    assert!(world.host.delete_by_hand(site.domain.as_str()));
    world.completed(&HealAccount { account_id: site.account, terms: false }).await;
    assert_eq!(world.password_on_both_sides(&site).await, GIVEN);
}

#[tokio::test]
async fn a_virtual_server_made_again_while_a_reset_is_undone_has_the_old_password() {
    let world = World::new().await;
    let site = world.standing_site().await;
    let before = world.password_on_both_sides(&site).await;
    assert!(world.host.delete_by_hand(site.domain.as_str()));
    let job = world.file_reset(&site, Some(GIVEN)).await;
    let job = world.driven(job).await;
    assert_eq!(job.fault.unwrap().kind, FaultKind::NotFound);
    assert_eq!(job.status, JobStatus::Failed, "there is no virtual server to give it back to");
    world.completed(&HealAccount { account_id: site.account, terms: false }).await;
    assert_eq!(world.password_on_both_sides(&site).await, before);
}

#[tokio::test]
async fn a_suspended_account_gets_it_and_stays_switched_off() {
    let world = World::new().await;
    let site = world.standing_site().await;
    let suspend = SuspendAccount { account_id: site.account, reason: String::new() };
    world.completed(&suspend).await;
    let job = world.file_reset(&site, Some(GIVEN)).await;
    assert_eq!(world.driven(job).await.status, JobStatus::Completed);
    assert_eq!(world.password_on_both_sides(&site).await, GIVEN);
    assert!(world.is_switched_off(&site));
    assert_eq!(world.status(&site).await, AccountStatus::Suspended);
}

#[tokio::test]
async fn one_that_is_switched_off_and_has_databases_is_refused_before_anything_is_set() {
    let world = World::new().await;
    let site = world.standing_site().await;
    let before = world.password_on_both_sides(&site).await;
    let add = |it: &mut VirtualServer| it.features.push("mysql".to_owned());
    assert!(world.host.edit(site.domain.as_str(), add));
    assert!(world.host.disable_by_hand(site.domain.as_str()));
    let sent = world.host.calls("modify-domain");
    let job = world.file_reset(&site, Some(GIVEN)).await;
    let job = world.driven(job).await;
    assert_eq!(job.status, JobStatus::Failed);
    let fault = job.fault.unwrap();
    assert!(fault.kind == FaultKind::Refused && fault.message.contains("unsuspend"), "{fault}");
    assert_eq!(world.host.calls("modify-domain"), sent);
    assert_eq!(world.password_on_both_sides(&site).await, before);
}

#[tokio::test]
async fn a_given_password_of_a_job_that_had_ended_is_not_replaced_by_a_generated_one() {
    let world = World::new().await;
    let site = world.standing_site().await;
    let before = world.password_on_both_sides(&site).await;
    let cancelled = async |given| {
        let job = world.file_reset(&site, given).await;
        let tx = world.store.begin().await.unwrap();
        tx.request_cancel(job).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(drive(&world.engine, job, &[]).await, JobStatus::Cancelled);
        assert!(!world.is_kept(&site, Place::Pending).await);
        job
    };
    let given = cancelled(Some(GIVEN)).await;
    let again = world.again(given).await;
    assert_eq!(again.status, JobStatus::Failed);
    assert!(again.fault.unwrap().message.contains("ask for another reset"));
    assert_eq!(world.password_on_both_sides(&site).await, before);

    let generated = cancelled(None).await;
    assert_eq!(world.again(generated).await.status, JobStatus::Completed);
    assert_ne!(world.password_on_both_sides(&site).await, before);
}

#[tokio::test]
async fn an_account_without_a_user_is_refused() {
    let world = World::new().await;
    let site = world.site().await;
    let fault = world.failed(&reset(&site, false)).await;
    assert_eq!(fault.kind, FaultKind::Refused);
    assert!(!world.is_kept(&site, Place::Pending).await);
    assert_eq!(world.told(&site, "account.password_reset").await, 0);
}

#[tokio::test]
async fn an_outage_holds_the_reset_and_both_passwords() {
    let world = World::new().await;
    let site = world.standing_site().await;
    let before = world.password(&site).await;
    world.host.set_password("another");
    let job = world.file_reset(&site, Some(GIVEN)).await;
    turn(&world.engine, job, &[]).await;
    assert_eq!(world.job(job).await.status, JobStatus::Pending, "held");
    assert_eq!(world.password(&site).await, before);
    assert!(world.is_kept(&site, Place::Pending).await);
}
