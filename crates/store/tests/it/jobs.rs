//! Jobs on one target run one at a time, and only the holder of a job's lease writes its journal.

use model::{
    fault::{Fault, FaultKind},
    ids::JobId,
    job::{JobEvent, JobStatus, NewJob, StepStatus},
};
use serde_json::json;
use store::{
    Error,
    claims::{Claim, Hold},
    jobs::JobFilter,
    journal::StepName,
    page::Page,
};
use tokio::task::JoinSet;

use crate::world::{LEASE, World, checked, origin, taken};

const STEP: StepName = StepName { position: 0, name: "step" };

async fn end(world: &World, hold: Hold) {
    let tx = world.store.begin().await.unwrap();
    tx.end(hold, JobStatus::Running, JobEvent::Complete).await.unwrap();
    tx.commit().await.unwrap();
}

async fn claimed(world: &World, job: JobId) -> bool {
    matches!(world.store.claim(job, "test", LEASE).await.unwrap(), Claim::Taken(_))
}

#[tokio::test]
async fn a_filed_job_reads_back_and_is_listed() {
    let world = World::new().await;
    let new = world.new_job();
    world.file(new.clone()).await;
    let job = world.store.job(world.tenant, new.id).await.unwrap().unwrap();
    assert_eq!((job.kind, &job.target, &job.payload), (new.kind, &new.target, &new.payload));
    assert_eq!((job.status, job.attempts, job.epoch), (JobStatus::Pending, 0, 0));
    assert_eq!(job.origin, origin());

    let list = async |filter: JobFilter| {
        let jobs = world.store.jobs(world.tenant, &filter, Page { size: 9, after: None }).await;
        jobs.unwrap().len()
    };
    let target = Some(new.target.clone());
    assert_eq!(list(JobFilter { target, ..Default::default() }).await, 1);
    let status = Some(JobStatus::Running);
    assert_eq!(list(JobFilter { status, ..Default::default() }).await, 0);
}

#[tokio::test]
async fn one_of_eight_claims_of_a_job_succeeds() {
    let world = World::new().await;
    let job = world.file(world.new_job()).await;
    let mut tasks = JoinSet::new();
    for number in 0..8 {
        let store = world.store.clone();
        tasks.spawn(async move {
            let claim = store.claim(job, &format!("worker {number}"), LEASE).await.unwrap();
            matches!(claim, Claim::Taken(_))
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|it| *it).count(), 1);
}

#[tokio::test]
async fn jobs_on_one_target_go_one_after_the_other() {
    let world = World::new().await;
    let first = world.new_job();
    let second = NewJob { id: JobId::generate(), ..first.clone() };
    let (first, second) = (world.file(first).await, world.file(second).await);
    assert!(!claimed(&world, second).await, "the first goes first");
    let hold = world.claim(first).await;
    assert!(!claimed(&world, second).await, "the first is running");
    end(&world, hold).await;
    assert!(claimed(&world, second).await);
}

#[tokio::test]
async fn a_job_that_is_to_be_undone_goes_before_an_older_one_that_was_started_again() {
    let world = World::new().await;
    let fault = Fault::new(FaultKind::Timeout, "late");
    let first = world.new_job();
    let second = NewJob { id: JobId::generate(), ..first.clone() };
    let first = world.file(first).await;
    let hold = world.claim(first).await;
    world.store.fail(hold, &fault).await.unwrap();
    let tx = world.store.begin().await.unwrap();
    tx.end(hold, JobStatus::Unwinding, JobEvent::UnwoundFailed).await.unwrap();
    tx.commit().await.unwrap();

    let second = world.file(second).await;
    let hold = world.claim(second).await;
    world.store.fail(hold, &fault).await.unwrap();
    world.store.give_back(hold).await.unwrap();
    let failed = world.store.job_by_id(first).await.unwrap().unwrap();
    let tx = world.store.begin().await.unwrap();
    tx.restart(&failed).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!claimed(&world, first).await, "the second has begun");
    assert!(claimed(&world, second).await);
}

#[tokio::test]
async fn the_database_refuses_two_active_jobs_on_one_target() {
    let world = World::new().await;
    let first = world.new_job();
    let second = NewJob { id: JobId::generate(), ..first.clone() };
    let (first, second) = (world.file(first).await, world.file(second).await);
    world.claim(first).await;
    let forced = format!(
        "UPDATE jobs SET status = 'running', lease_owner = 'x', lease_until = now() WHERE id = '{second}'"
    );
    assert_eq!(world.refusal(&forced).await, taken("jobs_one_at_a_time"));
}

#[tokio::test]
async fn a_worker_that_lost_the_job_cannot_write_the_journal() {
    let world = World::new().await;
    let job = world.file(world.new_job()).await;
    let old = world.claim(job).await;
    world.store.journal(old, None, Some(STEP)).await.unwrap();
    world.store.abandon(old).await.unwrap();
    assert_eq!(world.store.take_back().await.unwrap(), 1);
    let new = world.claim(job).await;
    assert!(new.epoch > old.epoch);

    let fault = Fault::new(FaultKind::Timeout, "late");
    let late = [
        world.store.journal(old, Some(("step", &json!(1))), None).await,
        world.store.journal(old, None, Some(STEP)).await,
        world.store.journal_status(old, "step", StepStatus::Failed, Some(&fault)).await,
        world.store.renew(old, LEASE).await.map(drop),
        world.store.fail(old, &fault).await,
        world.store.give_back(old).await,
    ];
    for result in late {
        assert!(matches!(result, Err(Error::LeaseLost)), "{result:?}");
    }
    let insert = format!(
        "INSERT INTO job_steps (job_id, position, name, status, epoch) VALUES ('{job}', 7, 'x', 'done', {})",
        old.epoch
    );
    assert_eq!(world.refusal(&insert).await, checked("job_epoch"));
    let update = format!("UPDATE job_steps SET status = 'done', epoch = {}", old.epoch);
    assert_eq!(world.refusal(&update).await, checked("job_epoch"));

    world.store.journal(new, None, Some(STEP)).await.unwrap();
    world.store.journal(new, Some(("step", &json!(2))), None).await.unwrap();
    let steps = world.store.steps(job).await.unwrap();
    assert_eq!((steps[0].status, steps[0].attempts), (StepStatus::Done, 2));
    assert_eq!(steps[0].output, Some(json!(2)));
}

#[tokio::test]
async fn a_job_without_a_lease_is_not_running() {
    let world = World::new().await;
    world.file(world.new_job()).await;
    let (code, _) = world.refusal("UPDATE jobs SET status = 'running'").await;
    assert_eq!(code, "23514");
    let (code, _) = world.refusal("UPDATE jobs SET lease_owner = 'x', lease_until = now()").await;
    assert_eq!(code, "23514");
}

#[tokio::test]
async fn a_lasting_lease_is_not_revoked() {
    let world = World::new().await;
    let job = world.file(world.new_job()).await;
    let hold = world.claim(job).await;
    assert_eq!(world.store.take_back().await.unwrap(), 0);
    assert!(!world.store.renew(hold, LEASE).await.unwrap(), "nobody wants it cancelled");
}

#[tokio::test]
async fn the_database_refuses_to_lose_an_open_job() {
    let world = World::new().await;
    let job = world.file(world.new_job()).await;
    assert_eq!(world.refusal("DELETE FROM open_jobs").await, checked("job_transitions"));
    let hold = world.claim(job).await;
    assert_eq!(world.refusal("DELETE FROM open_jobs").await, checked("job_transitions"));
    end(&world, hold).await;
    let job = world.store.job_by_id(job).await.unwrap().unwrap();
    assert_eq!(job.status, JobStatus::Completed);
}
