//! What is wrong with a dependency holds a job; only after its patience, or for a fault of its own, a job is undone.

use std::time::Duration;

use engine::{
    Injected, Injection, Moment, Outcome, Patience,
    walk::{drive, turn},
};
use model::{
    fault::{Fault, FaultKind},
    ids::JobId,
    job::{JobKind, JobStatus},
};

use crate::world::World;

/// Many more tries than a worker may lose of a job, and than any count of tries that was ever sensible.
const OFTEN: usize = 40;

fn away(step: &'static str, moment: Moment) -> Injection {
    let fault = Fault::new(FaultKind::Unavailable, "it is away");
    Injection { step, moment, injected: Injected::Fault(fault) }
}

fn refused(step: &'static str) -> Injection {
    let fault = Fault::new(FaultKind::Refused, "no permit");
    Injection { step, moment: Moment::BeforeEffect, injected: Injected::Fault(fault) }
}

async fn hurried(world: &World, job: JobId, injections: &[Injection]) -> Outcome {
    world.store.hurry(job).await.unwrap();
    turn(&world.engine, job, injections).await
}

#[tokio::test]
async fn an_outage_of_many_tries_loses_nothing_and_undoes_nothing() {
    let world = World::new().await;
    let id = world.file(&world.order()).await;
    let often = vec![away("paint", Moment::BeforeEffect); OFTEN];
    assert_eq!(drive(&world.engine, id, &often).await, JobStatus::Completed);
    let done = world.outside.done();
    assert!(done.iter().all(|it| it.starts_with('+')), "{done:?}");
    assert_eq!(done.len(), 3, "each effect once: {done:?}");
    assert_eq!(world.job(id).await.held, None);
}

#[tokio::test]
async fn a_job_says_since_when_and_until_when_it_is_held() {
    let day = Duration::from_secs(86_400);
    let world = World::with(|it| it.patience = Patience::all(day)).await;
    let id = world.file(&world.order()).await;
    let build = away("build", Moment::BeforeEffect);
    assert!(matches!(
        turn(&world.engine, id, std::slice::from_ref(&build)).await,
        Outcome::Later(_)
    ));
    let job = world.job(id).await;
    let first = job.held.unwrap();
    assert_eq!((job.status, first.until), (JobStatus::Pending, first.since + day));
    assert_eq!(job.fault.unwrap().message, "it is away");
    let steps = world.store.steps(id).await.unwrap();
    assert_eq!(steps[1].fault.as_ref().unwrap().message, "it is away");

    assert!(matches!(hurried(&world, id, &[build]).await, Outcome::Later(_)));
    let job = world.job(id).await;
    assert_eq!((job.held, job.attempts), (Some(first), 2), "the first failed try counts");
    // The step is done, so the next outage has a patience of its own.
    let paint = away("paint", Moment::BeforeEffect);
    assert_eq!(hurried(&world, id, &[]).await, Outcome::Waiting);
    assert_eq!(world.job(id).await.held, None);
    let road = world.job(id).await.waiting_on.unwrap();
    drive(&world.engine, road, &[]).await;
    assert!(matches!(hurried(&world, id, &[paint]).await, Outcome::Later(_)));
    let job = world.job(id).await;
    assert!(job.held.unwrap().since > first.since);
    assert_eq!(job.attempts, 1);
}

#[tokio::test]
async fn an_outage_beyond_the_patience_undoes_the_job() {
    let world = World::with(|it| it.patience = Patience::all(Duration::ZERO)).await;
    let id = world.file(&world.order()).await;
    let twice = vec![away("paint", Moment::BeforeEffect); 2];
    assert_eq!(drive(&world.engine, id, &twice).await, JobStatus::Failed);
    assert_eq!(world.job(id).await.fault.unwrap().message, "it is away");
    let done = world.outside.done();
    assert!(done.iter().any(|it| it.starts_with("-house")), "{done:?}");
}

#[tokio::test]
async fn each_kind_of_job_has_its_own_patience() {
    let patience =
        Patience::all(Duration::ZERO).with(JobKind::AccountUnsuspend, Duration::from_secs(3600));
    let world = World::with(|it| it.patience = patience).await;
    let id = world.file(&world.order()).await;
    let often = vec![away("build", Moment::BeforeEffect); OFTEN];
    assert_eq!(drive(&world.engine, id, &often).await, JobStatus::Completed);
}

#[tokio::test]
async fn a_fault_of_the_order_is_not_waited_for() {
    let world = World::new().await;
    let id = world.file(&world.order()).await;
    assert_eq!(drive(&world.engine, id, &[refused("build")]).await, JobStatus::Failed);
}

#[tokio::test]
async fn an_undo_waits_for_an_outage_too() {
    let world = World::new().await;
    let id = world.file(&world.order()).await;
    let mut faults = vec![refused("paint")];
    faults.extend(vec![away("build", Moment::BeforeUndo); OFTEN]);
    assert_eq!(drive(&world.engine, id, &faults).await, JobStatus::Failed);
    assert_eq!(world.job(id).await.fault.unwrap().message, "no permit", "why it failed");
}

#[tokio::test]
async fn an_undo_that_outlasts_the_patience_calls_a_person_whose_retry_is_patient_again() {
    let world = World::with(|it| it.patience = Patience::all(Duration::ZERO)).await;
    let id = world.file(&world.order()).await;
    let mut faults = vec![refused("paint")];
    faults.extend(vec![away("build", Moment::BeforeUndo); 2]);
    assert_eq!(drive(&world.engine, id, &faults).await, JobStatus::Stuck);
    assert_eq!(world.job(id).await.held, None);

    let tx = world.store.begin().await.unwrap();
    tx.restart(&world.job(id).await).await.unwrap();
    tx.commit().await.unwrap();
    let once = [away("build", Moment::BeforeUndo)];
    assert_eq!(drive(&world.engine, id, &once).await, JobStatus::Failed);
}

#[tokio::test]
async fn an_undo_that_kills_its_workers_calls_a_person() {
    let world = World::with(|it| it.most_lost_leases = 3).await;
    let id = world.file(&world.order()).await;
    let crash = Injection { step: "build", moment: Moment::BeforeUndo, injected: Injected::Crash };
    let mut faults = vec![refused("paint")];
    faults.extend(vec![crash; 3]);
    assert_eq!(drive(&world.engine, id, &faults).await, JobStatus::Stuck);
}

#[tokio::test]
async fn workers_lost_during_an_outage_are_counted_in_a_row_only() {
    let world = World::with(|it| it.most_lost_leases = 2).await;
    let id = world.file(&world.order()).await;
    let crash =
        Injection { step: "build", moment: Moment::BeforeEffect, injected: Injected::Crash };
    let turns = [crash.clone(), away("build", Moment::BeforeEffect)];
    let faults: Vec<_> = std::iter::repeat_n(turns, 5).flatten().collect();
    assert_eq!(drive(&world.engine, id, &faults).await, JobStatus::Completed);
}
