//! The database's table of job transitions equals the model's, and its trigger enforces it.

use std::collections::BTreeSet;

use model::job::{JobEvent, JobStatus};

use crate::world::{World, checked};

/// Every pair of statuses that the model allows, by name.
fn model() -> BTreeSet<(String, String)> {
    let mut pairs = BTreeSet::new();
    for from in JobStatus::ALL {
        for event in JobEvent::ALL {
            if let Ok(to) = from.after(event) {
                pairs.insert((from.as_str().to_owned(), to.as_str().to_owned()));
            }
        }
    }
    pairs
}

#[tokio::test]
async fn the_table_is_the_models() {
    let world = World::new().await;
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT from_status, to_status FROM job_transitions")
            .fetch_all(&world.pool)
            .await
            .unwrap();
    assert_eq!(rows.into_iter().collect::<BTreeSet<_>>(), model());
}

/// Moves the row into `status` with the triggers disabled, and sets the columns that the status requires.
fn placed(status: JobStatus) -> String {
    format!(
        "ALTER TABLE jobs DISABLE TRIGGER USER; {}; ALTER TABLE jobs ENABLE TRIGGER USER",
        moved(status)
    )
}

fn moved(status: JobStatus) -> String {
    let lease = if status == JobStatus::Running { ("'test'", "now()") } else { ("NULL", "NULL") };
    let finished = if status.is_final() { "now()" } else { "NULL" };
    format!(
        "UPDATE jobs SET status = '{}', lease_owner = {}, lease_until = {}, finished_at = {finished}",
        status.as_str(),
        lease.0,
        lease.1,
    )
}

#[tokio::test]
async fn every_other_change_of_status_is_refused() {
    let world = World::new().await;
    world.file(world.new_job()).await;
    let model = model();
    for from in JobStatus::ALL {
        for to in JobStatus::ALL {
            world.meddle(&placed(from)).await.unwrap();
            let allowed =
                from == to || model.contains(&(from.as_str().to_owned(), to.as_str().to_owned()));
            if allowed {
                assert_eq!(world.meddle(&moved(to)).await.unwrap(), 1, "{from:?} to {to:?}");
            } else {
                let refusal = world.refusal(&moved(to)).await;
                assert_eq!(refusal, checked("job_transitions"), "{from:?} to {to:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_epoch_never_goes_back() {
    let world = World::new().await;
    let job = world.file(world.new_job()).await;
    world.claim(job).await;
    assert_eq!(world.refusal("UPDATE jobs SET epoch = epoch - 1").await, checked(""));
}
