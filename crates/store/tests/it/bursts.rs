//! A burst of jobs after a quiet time, while the statistics still say that no job is open.

use model::ids::JobId;
use serde_json::{Value, json};
use sqlx::{Acquire, PgConnection};

use crate::world::World;

/// The number of finished jobs.
const FINISHED: u32 = 1_000_000;
/// The number of waiting jobs.
const WAITING: u32 = 100_000;

/// The statements that claim, journal and end a job and that look for overdue jobs, with their parameters.
const STATEMENTS: [(&str, &str); 4] = [
    ("claim", "SELECT id FROM job_claim_v1(ARRAY[($1 ->> 'job')::uuid], 'test', 600, '{}', '{}')"),
    ("journal", "SELECT job_journal_v1(jsonb_build_array($1))"),
    (
        "end",
        "SELECT job FROM job_end_v1(jsonb_build_array($1 || '{\"done\": \"step\"}'), 'completed')",
    ),
    ("sweep", include_str!("../../src/work/wake_overdue.sql")),
];

/// The pages of tables and indexes that a statement touches. The statement is executed; the caller rolls it
/// back.
async fn pages(connection: &mut PgConnection, statement: &str, job: JobId) -> i64 {
    let explained = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}");
    let query = sqlx::query_scalar(sqlx::AssertSqlSafe(explained));
    let plan: Value = if statement.contains("$2") {
        query.bind(30.0_f64).bind(500_i64).fetch_one(connection).await.unwrap()
    } else {
        let entry = json!({ "job": job, "claim": 1, "place": 0, "next": "step" });
        query.bind(entry).fetch_one(connection).await.unwrap()
    };
    let pages = |kind: &str| plan[0]["Plan"][kind].as_i64().unwrap();
    pages("Shared Hit Blocks") + pages("Shared Read Blocks")
}

/// The pages that each statement touches for one job. All changes are rolled back.
async fn carry(connection: &mut PgConnection, job: JobId) -> Vec<(&'static str, i64)> {
    let mut touched = Vec::new();
    // A connection's first use of a table also reads the catalogue.
    for _ in 0..2 {
        touched.clear();
        let mut tx = connection.begin().await.unwrap();
        for (name, statement) in STATEMENTS {
            touched.push((name, pages(&mut tx, statement, job).await));
        }
        tx.rollback().await.unwrap();
    }
    touched
}

/// Copies a job, each copy with `columns` of its own, as pairs of a name and an expression. `number` counts the copies.
async fn crowd(world: &World, like: JobId, jobs: u32, columns: &[(&str, &str)]) {
    let (names, values): (Vec<_>, Vec<_>) = columns.iter().copied().unzip();
    let copies = format!(
        "INSERT INTO jobs (id, tenant_id, kind, queue, payload, resource, max_attempts, actor, correlation_id, {})
         SELECT gen_random_uuid(), tenant_id, kind, queue, payload, resource, max_attempts, actor, correlation_id, {}
         FROM jobs, generate_series(1, {jobs}) number WHERE id = '{like}'",
        names.join(", "),
        values.join(", "),
    );
    world.meddle(&copies).await.unwrap();
}

/// Adds many jobs that wait: in the queue of the same resource; before all others of it, but to be tried later; and behind
/// the job on its target.
async fn burst(world: &World, like: JobId) {
    let queued = [("target", "'queued ' || number"), ("priority", "priority")];
    crowd(world, like, WAITING / 2, &queued).await;
    let delayed = [
        ("target", "'delayed ' || number"),
        ("priority", "priority + 1"),
        ("delayed", "true"),
        ("due_at", "now() + interval '1 hour'"),
    ];
    crowd(world, like, WAITING / 4, &delayed).await;
    let behind = [("target", "target"), ("priority", "priority + 1"), ("behind", "true")];
    crowd(world, like, WAITING / 4, &behind).await;
}

#[tokio::test]
async fn reads_for_a_job_grow_neither_with_finished_nor_with_waiting_jobs() {
    let world = World::new().await;
    let by_hand = "ALTER TABLE open_jobs SET (autovacuum_enabled = false);
        ALTER TABLE finished_jobs SET (autovacuum_enabled = false)";
    world.meddle(by_hand).await.unwrap();
    let slot = world.server("vm1", 10).await.mutation_slot();
    let job = world.file(world.new_job().holding(slot)).await;
    world.meddle("UPDATE jobs SET due_at = now() - interval '1 hour'").await.unwrap();
    // Two connections with cached plans: one planned while the table was small, the other by statistics
    // without open jobs.
    let mut early = world.pool.acquire().await.unwrap();
    let alone = carry(&mut early, job).await;
    let finished = [
        ("target", "'finished ' || number"),
        ("priority", "priority"),
        ("status", "'completed'"),
        ("finished_at", "now()"),
    ];
    crowd(&world, job, FINISHED, &finished).await;
    world.meddle("ANALYZE jobs").await.unwrap();
    burst(&world, job).await;
    let mut late = world.pool.acquire().await.unwrap();
    for connection in [&mut *early, &mut *late] {
        let crowded = carry(connection, job).await;
        for ((name, alone), (_, crowded)) in alone.iter().zip(&crowded) {
            assert!(*crowded <= alone + 130, "{name}: {crowded} pages, not {alone}");
        }
    }
}

#[tokio::test]
async fn no_statement_about_jobs_reads_the_whole_table() {
    let world = World::new().await;
    let job = world.file(world.new_job()).await;
    let mut connection = world.pool.acquire().await.unwrap();
    let mut tx = connection.begin().await.unwrap();
    let scans = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'open_jobs'";
    for (name, statement) in STATEMENTS.iter().filter(|(name, _)| *name != "sweep") {
        pages(&mut tx, statement, job).await;
        let scans: i64 = sqlx::query_scalar(scans).fetch_one(&mut *tx).await.unwrap();
        assert_eq!(scans, 0, "{name}");
    }
}
