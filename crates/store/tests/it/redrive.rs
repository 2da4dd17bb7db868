//! Many ended jobs are restarted together, window by window.

use std::time::Duration;

use model::{
    fault::{Fault, FaultKind},
    ids::JobId,
    job::{JobEvent, JobKind, JobStatus, NewJob},
};
use store::{dead_letters::NewDeadLetter, redrive::Start};

use crate::world::World;

const HOUR: Start = Start::Since(Duration::from_secs(3600));

async fn failed(world: &World, job: NewJob, kind: FaultKind) -> JobId {
    let job = world.file(job).await;
    let hold = world.claim(job).await;
    world.store.fail(hold, &Fault::new(kind, "no")).await.unwrap();
    let tx = world.store.begin().await.unwrap();
    tx.end(hold, JobStatus::Unwinding, JobEvent::UnwoundFailed).await.unwrap();
    tx.insert_dead_letter(&NewDeadLetter {
        queue: "praho.jobs.provisioning".to_owned(),
        job_id: Some(job),
        reason: "no".to_owned(),
        excerpt: String::new(),
        message_id: None,
        correlation_id: None,
    })
    .await
    .unwrap();
    tx.commit().await.unwrap();
    job
}

async fn found(world: &World) -> Vec<JobId> {
    let window = world.store.ended_jobs(world.tenant, JobStatus::Failed, HOUR).await.unwrap();
    assert_eq!(window.next, None);
    window.jobs.iter().map(|job| job.id).collect()
}

#[tokio::test]
async fn failed_jobs_of_a_period_are_found_with_kind_and_fault_and_restarted_once() {
    let world = World::new().await;
    let first = failed(&world, world.new_job(), FaultKind::Unavailable).await;
    let second = failed(&world, world.new_job(), FaultKind::Conflict).await;
    let part = NewJob { parent_id: Some(first), ..world.new_job() };
    failed(&world, part, FaultKind::Unavailable).await;
    let old = failed(&world, world.new_job(), FaultKind::Unavailable).await;
    let aged =
        format!("UPDATE jobs SET finished_at = now() - interval '2 hours' WHERE id = '{old}'");
    world.meddle(&aged).await.unwrap();
    assert_eq!(found(&world).await, [first, second], "in the order of their ends");
    let window = world.store.ended_jobs(world.tenant, JobStatus::Failed, HOUR).await.unwrap();
    let [one, two] = &window.jobs[..] else { panic!("{window:?}") };
    assert_eq!((one.kind, one.fault), (JobKind::AccountProvision, Some(FaultKind::Unavailable)));
    assert_eq!(two.fault, Some(FaultKind::Conflict));

    let restart = async || {
        let tx = world.store.begin().await.unwrap();
        let jobs = [first, second];
        let restarted = tx.restart_ended(&jobs, JobStatus::Failed, "me").await.unwrap();
        tx.commit().await.unwrap();
        restarted
    };
    assert_eq!(restart().await, [first, second]);
    for job in [first, second] {
        let job = world.store.job_by_id(job).await.unwrap().unwrap();
        assert_eq!((job.status, job.attempts, job.fault), (JobStatus::Pending, 0, None));
        world.claim(job.id).await;
    }
    assert!(restart().await.is_empty(), "they have not failed again");
    let settled = "DELETE FROM dead_letters WHERE status = 'redriven'";
    assert_eq!(world.meddle(settled).await.unwrap(), 2);
}

#[tokio::test]
async fn a_long_period_is_looked_through_in_windows_up_to_its_own_end() {
    let world = World::new().await;
    let job = failed(&world, world.new_job(), FaultKind::Timeout).await;
    let many = format!(
        "INSERT INTO jobs (id, tenant_id, kind, target, queue, lane, payload, actor, correlation_id, status,
            fault, finished_at)
         SELECT gen_random_uuid(), tenant_id, kind, 'copy ' || number, queue, lane, payload, actor,
            correlation_id, status, fault, finished_at - number / 3 * interval '1 microsecond'
         FROM finished_jobs, generate_series(1, 1200) number WHERE id = '{job}'"
    );
    world.meddle(&many).await.unwrap();
    let (mut seen, mut start, mut windows) = (Vec::new(), HOUR, 0);
    loop {
        let window = world.store.ended_jobs(world.tenant, JobStatus::Failed, start).await.unwrap();
        seen.extend(window.jobs.iter().map(|job| job.id));
        windows += 1;
        if windows == 1 {
            // It fails after the first look, so it is another period's.
            failed(&world, world.new_job(), FaultKind::Timeout).await;
        }
        let Some(next) = window.next else { break };
        start = Start::At(next.to_string().parse().unwrap());
    }
    assert_eq!((seen.len(), windows), (1201, 3));
    seen.sort_unstable_by_key(|job| job.uuid());
    seen.dedup();
    assert_eq!(seen.len(), 1201, "each once");
}
