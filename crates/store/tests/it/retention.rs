//! Finished jobs leave once they are old.

use std::time::Duration;

use serde_json::{Value, json};
use store::{dead_letters::NewDeadLetter, journal::StepName};

use crate::world::World;

const STEP: StepName = StepName { position: 0, name: "step" };

#[tokio::test]
async fn a_finished_job_leaves_with_its_journal_once_it_is_old_and_no_letter_about_it_is_open() {
    let world = World::new().await;
    let (old, young, disputed) = (
        world.file(world.new_job()).await,
        world.file(world.new_job()).await,
        world.file(world.new_job()).await,
    );
    let open = world.file(world.new_job()).await;
    for job in [old, young, disputed] {
        let hold = world.claim(job).await;
        world.store.journal(hold, None, Some(STEP)).await.unwrap();
        world.store.complete(hold, None).await.unwrap();
    }
    let letter = NewDeadLetter {
        queue: "praho.jobs.provisioning".to_owned(),
        job_id: Some(disputed),
        reason: "refused".to_owned(),
        excerpt: String::new(),
        message_id: None,
        correlation_id: None,
    };
    world.store.insert_dead_letter(&letter).await.unwrap();
    let age = format!(
        "UPDATE jobs SET created_at = now() - interval '1 year', finished_at = CASE WHEN finished_at IS NOT NULL
         THEN now() - interval '1 day' END WHERE id <> '{young}'"
    );
    world.meddle(&age).await.unwrap();

    let tx = world.store.begin().await.unwrap();
    let taken = tx.take_old_jobs(Duration::from_secs(3600)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(taken.len(), 1);
    assert_eq!((&taken[0]["id"], &taken[0]["status"]), (&json!(old), &json!("completed")));
    assert_eq!(
        (&taken[0]["steps"][0]["name"], &taken[0]["steps"][1]),
        (&json!("step"), &Value::Null)
    );
    let mut left = Vec::new();
    for job in [old, young, disputed, open] {
        let is_there = world.store.job_by_id(job).await.unwrap().is_some();
        left.push((is_there, world.store.steps(job).await.unwrap().len()));
    }
    assert_eq!(left, [(false, 0), (true, 1), (true, 1), (true, 0)]);
}
