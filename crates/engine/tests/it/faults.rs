//! After any crash or fault, a job either completes or leaves nothing outside.

use std::{sync::atomic::Ordering, time::Duration};

use engine::{
    Injected, Injection, Moment,
    walk::{drive, walk},
};
use model::{
    fault::{Fault, FaultKind},
    job::{JobKind, JobStatus, StepStatus},
};
use store::{
    Error,
    claims::{Claim, Hold},
    journal::StepName,
};

use crate::world::World;

/// Claims in a row that a job may lose, by default.
const MOST_LOST_LEASES: usize = 12;

#[tokio::test]
async fn a_workflow_completes_or_leaves_nothing_after_a_fault_at_any_point() {
    let world = World::new().await;
    let new_world = async || {
        let order = world.order();
        let id = world.file(&order).await;
        (order.target.trim_start_matches("account/").to_owned(), id)
    };
    walk(
        &world.engine,
        &world.store,
        JobKind::AccountUnsuspend,
        new_world,
        async |target, status, case| {
            let left = world.outside.standing_of(target);
            match status {
                JobStatus::Completed => {
                    assert_eq!(left.len(), 3, "{case}: {left:?}");
                    for thing in ["house", "road", "paint"] {
                        assert_eq!(world.outside.times(&format!("+{thing} {target}")), 1, "{case}");
                    }
                }
                _ => assert!(left.is_empty(), "{case}: {left:?}"),
            }
        },
    )
    .await;
}

#[tokio::test]
async fn an_undo_that_fails_for_good_calls_a_person_and_can_be_tried_again() {
    let world = World::new().await;
    world.outside.refuse_undos.store(1, Ordering::SeqCst);
    let id = world.file(&world.order()).await;
    let injection = Injection {
        step: "build",
        moment: Moment::AfterEffect,
        injected: Injected::Fault(Fault::new(FaultKind::Refused, "no permit")),
    };
    assert_eq!(drive(&world.engine, id, &[injection]).await, JobStatus::Stuck);

    world.outside.refuse_undos.store(0, Ordering::SeqCst);
    let tx = world.store.begin().await.unwrap();
    tx.restart(&world.job(id).await).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(drive(&world.engine, id, &[]).await, JobStatus::Failed);
    assert_eq!(world.job(id).await.fault.unwrap().message, "no permit");
    assert!(world.outside.done().iter().any(|it| it.starts_with("-house")));
}

#[tokio::test]
async fn a_failed_job_restarts_on_request() {
    let world = World::new().await;
    let id = world.file(&world.order()).await;
    let injection = Injection {
        step: "paint",
        moment: Moment::BeforeEffect,
        injected: Injected::Fault(Fault::new(FaultKind::Conflict, "wrong colour")),
    };
    assert_eq!(drive(&world.engine, id, &[injection]).await, JobStatus::Failed);
    let tx = world.store.begin().await.unwrap();
    tx.restart(&world.job(id).await).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(drive(&world.engine, id, &[]).await, JobStatus::Completed);
    let steps = world.store.steps(id).await.unwrap();
    assert!(steps.iter().all(|it| it.status == StepStatus::Done), "{steps:?}");
}

#[tokio::test]
async fn a_job_that_kills_its_workers_is_undone_in_the_end() {
    let world = World::new().await;
    let id = world.file(&world.order()).await;
    // From the second try on, a look would find the house, so each crash must come before the effect.
    let crash =
        Injection { step: "build", moment: Moment::BeforeEffect, injected: Injected::Crash };
    let crashes: Vec<_> = (0..MOST_LOST_LEASES).map(|_| crash.clone()).collect();
    assert_eq!(drive(&world.engine, id, &crashes).await, JobStatus::Failed);
    let message = world.job(id).await.fault.unwrap().cause.unwrap();
    assert!(message.starts_with("gave up"), "{message}");
}

#[tokio::test]
async fn a_worker_without_the_lease_can_write_nothing() {
    let world = World::new().await;
    let id = world.file(&world.order()).await;
    let lease = Duration::from_secs(10);
    let Claim::Taken(job) = world.store.claim(id, "sleeper", lease).await.unwrap() else {
        panic!("not taken");
    };
    let hold = Hold { job: id, epoch: job.epoch };
    world.store.abandon(hold).await.unwrap();
    assert_eq!(world.store.take_back().await.unwrap(), 1);
    assert!(matches!(world.store.renew(hold, lease).await, Err(Error::LeaseLost)));
    let step = StepName { position: 0, name: "choose" };
    assert!(matches!(world.store.journal(hold, None, Some(step)).await, Err(Error::LeaseLost)));
    let fault = Fault::new(FaultKind::Internal, "");
    assert!(matches!(world.store.fail(hold, &fault).await, Err(Error::LeaseLost)));
    assert_eq!(drive(&world.engine, id, &[]).await, JobStatus::Completed);
}

#[tokio::test]
async fn a_job_is_claimed_by_one_of_many() {
    let world = World::new().await;
    let id = world.file(&world.order()).await;
    let mut claims = tokio::task::JoinSet::new();
    for worker in 0..8 {
        let store = world.store.clone();
        let lease = Duration::from_secs(10);
        claims.spawn(async move { store.claim(id, &worker.to_string(), lease).await.unwrap() });
    }
    let claims = claims.join_all().await;
    assert_eq!(claims.iter().filter(|it| matches!(it, Claim::Taken(_))).count(), 1);
}

#[tokio::test]
async fn jobs_on_one_target_run_in_order() {
    let world = World::new().await;
    let account = model::ids::AccountId::generate();
    let first = world.file(&world.order_for(account)).await;
    let second = world.file(&world.order_for(account)).await;
    let lease = Duration::from_secs(10);
    assert!(matches!(world.store.claim(second, "b", lease).await.unwrap(), Claim::NotNow));
    assert_eq!(drive(&world.engine, first, &[]).await, JobStatus::Completed);
    assert!(matches!(world.store.claim(second, "b", lease).await.unwrap(), Claim::Taken(_)));
}

#[tokio::test]
async fn waiting_for_a_turn_costs_no_attempt_however_long_it_takes() {
    let world = World::new().await;
    let id = world.file(&world.order()).await;
    let busy = Injection {
        step: "build",
        moment: Moment::BeforeEffect,
        injected: Injected::Fault(Fault::new(FaultKind::Busy, "others build here")),
    };
    let often: Vec<_> = (0..40).map(|_| busy.clone()).collect();
    assert_eq!(drive(&world.engine, id, &often).await, JobStatus::Completed);
    assert_eq!(world.job(id).await.attempts, 1);
}
