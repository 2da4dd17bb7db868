//! A burst of jobs after a quiet time, while the statistics still say that no job is open.

use model::ids::JobId;
use serde_json::{Value, json};
use sqlx::{Acquire, PgConnection};

use crate::world::World;

/// The number of finished jobs.
const FINISHED: u32 = 1_000_000;
/// The number of waiting jobs.
const WAITING: u32 = 100_000;

/// The jobs that a worker claims, journals and ends together.
const TOGETHER: usize = 8;

/// The statements that place, claim, journal and end jobs, given as journal entries, the three that look for forgotten and
/// for held jobs, and the count of a quota.
const STATEMENTS: [(&str, &str); 8] = [
    (
        "file",
        "SELECT job_place_v1((SELECT min(name) FROM resources WHERE name LIKE 'server/%'), 'none',
            (SELECT min(tenant_id::text)::uuid FROM servers), 'interactive')",
    ),
    (
        "claim",
        "SELECT id FROM job_claim_v1(
            ARRAY(SELECT (entry ->> 'job')::uuid FROM jsonb_array_elements($1) entry), 'test', 600, '{}', '{}')",
    ),
    ("journal", "SELECT job_journal_v1($1)"),
    (
        "end",
        "SELECT job FROM job_end_v1((SELECT coalesce(jsonb_agg(entry || '{\"done\": \"step\"}'), '[]')
            FROM jsonb_array_elements($1) entry), 'completed')",
    ),
    ("take back", "SELECT * FROM job_take_back_v1(500)"),
    ("wake overdue", "SELECT job_wake_overdue_v1(30, 500)"),
    ("wake held", "SELECT job_wake_held_v1((SELECT min(name) FROM resources WHERE name LIKE 'server/%'), 'none', 1)"),
    ("count", "SELECT open_jobs_of_v1((SELECT min(tenant_id::text)::uuid FROM servers), 8)"),
];

/// The pages of tables and indexes that a statement touches. The statement is executed; the caller rolls it
/// back.
async fn pages(connection: &mut PgConnection, statement: &str, jobs: &[JobId]) -> i64 {
    let explained = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}");
    let mut query = sqlx::query_scalar(sqlx::AssertSqlSafe(explained));
    if statement.contains("$1") {
        let entry = |job| json!({ "job": job, "claim": 1, "place": 0, "next": "step" });
        query = query.bind(Value::from_iter(jobs.iter().map(entry)));
    }
    let plan: Value = query.fetch_one(connection).await.unwrap();
    let pages = |kind: &str| plan[0]["Plan"][kind].as_i64().unwrap();
    pages("Shared Hit Blocks") + pages("Shared Read Blocks")
}

/// The pages that each statement touches for these jobs. All changes are rolled back.
async fn carry(connection: &mut PgConnection, jobs: &[JobId]) -> Vec<(&'static str, i64)> {
    let mut touched = Vec::new();
    // A connection's first use of a table also reads the catalogue.
    for _ in 0..2 {
        touched.clear();
        let mut tx = connection.begin().await.unwrap();
        for (name, statement) in STATEMENTS {
            touched.push((name, pages(&mut tx, statement, jobs).await));
        }
        tx.rollback().await.unwrap();
    }
    touched
}

/// Files jobs, each for the mutation slot of its own server.
async fn file(world: &World) -> Vec<JobId> {
    let mut jobs = Vec::new();
    for number in 0..TOGETHER {
        let slot = world.server(&format!("vm{number}"), 10).await.mutation_slot();
        jobs.push(world.file(world.new_job().holding(slot)).await);
    }
    jobs
}

/// Copies a job, each copy with `columns` of its own, as pairs of a name and an expression. `number` counts the copies.
async fn crowd(world: &World, like: JobId, jobs: u32, columns: &[(&str, &str)]) {
    let (names, values): (Vec<_>, Vec<_>) = columns.iter().copied().unzip();
    let copies = format!(
        "INSERT INTO jobs (id, tenant_id, kind, queue, lane, payload, resource, actor, correlation_id, {})
         SELECT gen_random_uuid(), tenant_id, kind, queue, lane, payload, resource, actor, correlation_id, {}
         FROM jobs, generate_series(1, {jobs}) number WHERE id = '{like}'",
        names.join(", "),
        values.join(", "),
    );
    world.meddle(&copies).await.unwrap();
}

/// Adds many jobs that wait: in the queue of the same resource; before all others of it, but to be tried later; and behind
/// the job on its target.
async fn burst(world: &World, like: JobId) {
    let queued = [("target", "'queued ' || number"), ("turn", "4 * number")];
    crowd(world, like, WAITING / 2, &queued).await;
    let delayed = [
        ("target", "'delayed ' || number"),
        ("delayed", "true"),
        ("due_at", "now() + interval '1 hour'"),
        ("held_since", "now()"),
        ("held_until", "now()"),
    ];
    crowd(world, like, WAITING / 4, &delayed).await;
    let behind = [("target", "target"), ("turn", "-number"), ("behind", "true")];
    crowd(world, like, WAITING / 4, &behind).await;
}

#[tokio::test]
async fn reads_for_a_job_grow_neither_with_finished_nor_with_waiting_jobs() {
    let world = World::new().await;
    let by_hand = "ALTER TABLE open_jobs SET (autovacuum_enabled = false);
        ALTER TABLE finished_jobs SET (autovacuum_enabled = false)";
    world.meddle(by_hand).await.unwrap();
    // Two connections with cached plans: one planned while no job was open, the other by statistics without
    // open jobs.
    let mut early = world.pool.acquire().await.unwrap();
    carry(&mut early, &[]).await;
    let jobs = file(&world).await;
    world.meddle("UPDATE jobs SET due_at = now() - interval '1 hour'").await.unwrap();
    let alone = carry(&mut early, &jobs).await;
    let finished =
        [("target", "'finished ' || number"), ("status", "'completed'"), ("finished_at", "now()")];
    crowd(&world, jobs[0], FINISHED, &finished).await;
    world.meddle("ANALYZE jobs").await.unwrap();
    burst(&world, jobs[0]).await;
    let mut late = world.pool.acquire().await.unwrap();
    for connection in [&mut *early, &mut *late] {
        let crowded = carry(connection, &jobs).await;
        for ((name, alone), (_, crowded)) in alone.iter().zip(&crowded) {
            assert!(*crowded <= 2 * alone + 200, "{name}: {crowded} pages, not {alone}");
        }
    }
}

#[tokio::test]
async fn no_statement_about_jobs_reads_the_whole_table() {
    let world = World::new().await;
    let jobs = file(&world).await;
    let mut connection = world.pool.acquire().await.unwrap();
    let mut tx = connection.begin().await.unwrap();
    let scans = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'open_jobs'";
    for (name, statement) in STATEMENTS {
        pages(&mut tx, statement, &jobs).await;
        let scans: i64 = sqlx::query_scalar(scans).fetch_one(&mut *tx).await.unwrap();
        assert_eq!(scans, 0, "{name}");
    }
}
