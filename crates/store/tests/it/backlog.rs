//! The counts of whole tables that the metrics show.

use std::time::Duration;

use model::job::{JobStatus, Queue};
use store::backlog::Unfinished;

use crate::world::World;

async fn of(world: &World, status: JobStatus) -> Option<Unfinished> {
    let all = world.store.unfinished_jobs().await.unwrap();
    all.into_iter().find(|it| (it.queue, it.status) == (Queue::Provisioning, status))
}

#[tokio::test]
async fn jobs_that_have_not_ended_are_counted_with_their_ages() {
    let world = World::new().await;
    assert_eq!(world.store.unfinished_jobs().await.unwrap(), []);
    let first = world.file(world.new_job()).await;
    world.file(world.new_job()).await;
    world.file(world.new_job()).await;
    world.meddle("UPDATE jobs SET created_at = now() - interval '90 seconds'").await.unwrap();

    // A wake-up that was lost and sent again does not change a job's age.
    let waiting = of(&world, JobStatus::Pending).await.unwrap();
    assert_eq!((waiting.jobs, waiting.due), (3, 3));
    let about = |seconds| Duration::from_secs(seconds)..Duration::from_secs(seconds + 60);
    assert!(about(90).contains(&waiting.oldest), "{waiting:?}");
    assert!(about(90).contains(&waiting.longest_wait), "{waiting:?}");

    let hold = world.claim(first).await;
    let running = of(&world, JobStatus::Running).await.unwrap();
    assert_eq!((running.jobs, running.due, running.longest_wait), (1, 0, Duration::ZERO));
    // A job to be retried later is not due, and its first wait is over.
    let fault = model::fault::Fault::internal("why");
    world.store.hold_job(hold, None, &fault, Duration::from_secs(1000), None).await.unwrap();
    assert_eq!(of(&world, JobStatus::Running).await, None);
    let waiting = of(&world, JobStatus::Pending).await.unwrap();
    assert_eq!((waiting.jobs, waiting.due), (3, 2));

    world.meddle(&format!("DELETE FROM jobs WHERE id <> '{first}'")).await.unwrap();
    world.meddle("UPDATE jobs SET due_at = now() - interval '20 seconds'").await.unwrap();
    let waiting = of(&world, JobStatus::Pending).await.unwrap();
    assert!(about(20).contains(&waiting.longest_wait), "{waiting:?}");
    assert!(about(90).contains(&waiting.oldest), "{waiting:?}");
}
