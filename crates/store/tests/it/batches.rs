//! Requests that share a statement get separate answers.

use std::sync::Arc;

use model::{
    ids::JobId,
    job::{JobStatus, NewJob},
};
use serde_json::json;
use store::{
    Error,
    claims::{Claim, Hold},
    journal::StepName,
};
use tokio::task::JoinSet;

use crate::world::{LEASE, World};

const STEP: StepName = StepName { position: 0, name: "step" };
/// Enough requests to make batches.
const MANY: usize = 20;

/// Claims the jobs at the same time.
async fn take(world: &World, jobs: Vec<JobId>) -> Vec<(JobId, Result<Claim, Error>)> {
    let claims = Arc::new(world.store.claims("test", LEASE, &[]));
    let mut tasks = JoinSet::new();
    for id in jobs {
        let claims = Arc::clone(&claims);
        tasks.spawn(async move { (id, claims.take(id).await) });
    }
    tasks.join_all().await
}

async fn many(world: &World) -> Vec<JobId> {
    let mut jobs = Vec::new();
    for _ in 0..MANY {
        jobs.push(world.file(world.new_job()).await);
    }
    jobs
}

async fn held(world: &World) -> Vec<Hold> {
    let claims = take(world, many(world).await).await;
    let hold = |(_, claim)| match claim {
        Ok(Claim::Taken(job)) => Hold { job: job.id, epoch: job.epoch },
        other => panic!("not claimed: {other:?}"),
    };
    claims.into_iter().map(hold).collect()
}

#[tokio::test]
async fn of_jobs_taken_together_each_is_taken_once_or_refused_for_its_own_reason() {
    let world = World::new().await;
    let free = many(&world).await;
    let slot = world.server("vm1", 10).await.mutation_slot();
    let mut rivals = Vec::new();
    for _ in 0..3 {
        rivals.push(world.file(world.new_job().holding(slot.clone())).await);
    }
    let first = world.new_job();
    let behind = NewJob { id: JobId::generate(), ..first.clone() };
    world.claim(world.file(first).await).await;
    let behind = world.file(behind).await;
    let unknown = JobId::generate();
    // A future release may file a kind that this release does not know.
    let unreadable = world.file(world.new_job()).await;
    let kind = format!("UPDATE jobs SET kind = 'moon.visit' WHERE id = '{unreadable}'");
    world.meddle(&kind).await.unwrap();

    let asked = [&free[..], &free[..], &rivals[..], &[behind, unknown, unreadable]].concat();
    let answers = take(&world, asked).await;
    let of = |wanted: &[JobId]| -> Vec<&Result<Claim, Error>> {
        answers.iter().filter(|(id, _)| wanted.contains(id)).map(|(_, claim)| claim).collect()
    };
    let of_rivals = of(&rivals);
    let served = of_rivals.iter().filter(|it| matches!(it, Ok(Claim::Taken(_)))).count();
    assert_eq!(served, 1, "one unit is held once: {of_rivals:?}");
    assert!(matches!(of(&[behind])[..], [Ok(Claim::NotNow)]));
    assert!(matches!(of(&[unknown])[..], [Ok(Claim::Missing)]));
    assert!(matches!(of(&[unreadable])[..], [Err(Error::Unreadable(_))]));
    for job in free {
        // The job was requested twice.
        assert!(matches!(
            of(&[job])[..],
            [Ok(Claim::Taken(_)), Ok(Claim::NotNow)] | [Ok(Claim::NotNow), Ok(Claim::Taken(_))]
        ));
        let row = world.store.job_by_id(job).await.unwrap().unwrap();
        assert_eq!((row.status, row.epoch, row.attempts), (JobStatus::Running, 1, 1));
    }
}

/// Journals the step of all jobs at the same time.
async fn journal(world: &World, holds: &[Hold]) -> Vec<(Hold, Result<(), Error>)> {
    let mut tasks = JoinSet::new();
    for hold in holds.iter().copied() {
        let store = world.store.clone();
        tasks.spawn(async move { (hold, store.journal(hold, None, Some(STEP)).await) });
    }
    tasks.join_all().await
}

#[tokio::test]
async fn a_lost_lease_does_not_fail_the_other_requests_of_a_batch() {
    let world = World::new().await;
    let holds = held(&world).await;
    assert!(journal(&world, &holds).await.iter().all(|(_, written)| written.is_ok()));
    let lost = holds[MANY / 2];
    world.store.abandon(lost).await.unwrap();
    assert_eq!(world.store.take_back().await.unwrap(), 1);

    for (hold, written) in journal(&world, &holds).await {
        match written {
            Err(Error::LeaseLost) if hold == lost => {}
            written => assert!(hold != lost && written.is_ok(), "{written:?}"),
        }
    }
    let mut ends = JoinSet::new();
    for hold in holds {
        let store = world.store.clone();
        ends.spawn(async move { (hold, store.complete(hold, Some(("step", &json!(1)))).await) });
    }
    for (hold, ended) in ends.join_all().await {
        let row = world.store.job_by_id(hold.job).await.unwrap().unwrap();
        let steps = world.store.steps(hold.job).await.unwrap();
        match ended {
            Err(Error::LeaseLost) if hold == lost => {
                assert_eq!((row.status, &steps[0].output), (JobStatus::Pending, &None));
            }
            ended => {
                assert!(hold != lost && ended.is_ok(), "{ended:?}");
                assert_eq!((row.status, &steps[0].output), (JobStatus::Completed, &Some(json!(1))));
            }
        }
    }
}

#[tokio::test]
async fn a_statement_that_does_not_come_back_is_given_up_and_the_next_is_served() {
    let world = World::new().await;
    let job = world.new_job();
    let mut turn = world.pool.begin().await.unwrap();
    let taking = sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))");
    taking.bind(&job.target).execute(&mut *turn).await.unwrap();
    let (job, other) = (world.file(job).await, world.file(world.new_job()).await);
    let claims = world.store.claims("test", LEASE, &[]);
    let claim = claims.take(job).await;
    assert!(matches!(claim, Err(Error::Unavailable(_))), "{claim:?}");
    assert!(matches!(claims.take(other).await, Ok(Claim::Taken(_))));
}
