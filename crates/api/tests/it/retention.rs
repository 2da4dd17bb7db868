//! What is old leaves the database, and is in the archive before.

use std::{fs, path::Path};

use serde_json::{Value, json};
use testkit::{eventually, unique};

use crate::world::{World, text};

/// The rows in the archive's files of this kind.
fn archived(directory: &Path, kind: &str) -> Vec<Value> {
    let files = fs::read_dir(directory).unwrap().map(|it| it.unwrap().path());
    let files = files.filter(|it| it.file_name().unwrap().to_str().unwrap().starts_with(kind));
    let lines = files.map(|it| fs::read_to_string(it).unwrap()).collect::<String>();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn finished_jobs_are_archived_with_the_days_of_the_audit_log_that_are_over() {
    let world = World::start().await;
    world.dns_server().await;
    world.server(10).await;
    let service = world.service().await;
    let answer = world.post(&format!("/services/{service}/activate"), json!({})).await;
    let job = text(&answer.body["job"], "id");
    for change in [
        "UPDATE jobs SET status = 'running', lease_owner = 'x', lease_until = now(), slot = 1 WHERE id = $1",
        "UPDATE jobs SET status = 'completed', lease_owner = NULL, lease_until = NULL, slot = NULL,
            finished_at = now() - interval '91 days' WHERE id = $1",
    ] {
        world.execute(change, &job).await;
    }
    let age = "ALTER TABLE audit_log DISABLE TRIGGER USER;
        UPDATE audit_log SET at = at - interval '401 days' WHERE seq = 1;
        ALTER TABLE audit_log ENABLE TRIGGER USER";
    sqlx::raw_sql(age).execute(&world.pool).await.unwrap();

    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(unique("archive"));
    fs::create_dir(&directory).unwrap();
    let path = directory.to_str().unwrap().to_owned();
    let world = world.again(&[("RETENTION__ARCHIVE", &path)]).await;
    eventually("the old rows are gone", async || {
        let rows = world.number(
            "SELECT (SELECT count(*) FROM finished_jobs) + (SELECT count(*) FROM audit_log WHERE seq = 1)",
        );
        (rows.await == 0).then_some(())
    })
    .await;
    let (jobs, audit) = (archived(&directory, "jobs"), archived(&directory, "audit"));
    assert_eq!((jobs.len(), text(&jobs[0], "id")), (1, job));
    assert_eq!((audit.len(), &audit[0]["seq"]), (1, &json!(1)));
    fs::remove_dir_all(&directory).unwrap();
    world.stop().await.unwrap();
}
