//! A page of a list costs as much as a page, whatever is filtered and however long the list is.

use std::time::Duration;

use fixtures::Company;
use model::{
    dead_letter::DeadLetterStatus,
    drift::FindingStatus,
    job::{JobKind, JobStatus},
};
use sqlx::AssertSqlSafe;
use store::{
    Store, dead_letters::DeadLetterFilter, findings::FindingFilter, jobs::JobFilter, page::Page,
    redrive::Start,
};
use testkit::eventually;

use crate::world::World;

/// The rows of each list.
const ROWS: u32 = 100_000;
/// The rows of a page.
const PAGE: Page = Page { size: 50, after: None };

/// Makes long lists: jobs of every kind and final status, pending ones, letters and findings of every status.
async fn fill(world: &World) {
    let server = world.server("vm1", 10).await.uuid();
    let tenant = world.tenant.uuid();
    let words = |words: &[&str]| format!("(ARRAY['{}'])", words.join("','"));
    let kinds: Vec<_> = JobKind::ALL.into_iter().map(JobKind::as_str).collect();
    let fields = words(&["existence", "owner", "name", "status", "user", "quota"]);
    let statements = [
        format!(
            "INSERT INTO jobs (id, tenant_id, kind, target, queue, priority, payload, actor,
                correlation_id, status, finished_at)
             SELECT gen_random_uuid(), '{tenant}', {kinds}[1 + number / 1000 % {count}], 'account/' || number % 1000, 'bulk', 1,
                '{{}}', 'me', 'c', status, CASE WHEN status <> 'pending' THEN now() END
             FROM generate_series(1, {ROWS}) number,
                LATERAL (SELECT {statuses}[1 + least(number / 8000 % 8, 3)] AS status) status",
            kinds = words(&kinds),
            count = kinds.len(),
            statuses = words(&["pending", "failed", "cancelled", "completed"]),
        ),
        format!(
            "INSERT INTO dead_letters (id, tenant_id, queue, reason, status, resolved_at, resolved_by)
             SELECT gen_random_uuid(), CASE WHEN number % 2 = 0 THEN '{tenant}'::uuid END,
                'queue ' || number / 2 % 10, 'why', status, CASE WHEN status <> 'open' THEN now() END,
                CASE WHEN status <> 'open' THEN 'me' END
             FROM generate_series(1, {ROWS}) number,
                LATERAL (SELECT {statuses}[1 + least(number / 20 % 100, 2)] AS status) status",
            statuses = words(&["open", "redriven", "discarded"]),
        ),
        format!(
            "INSERT INTO drift_findings (id, tenant_id, server_id, domain, field, severity, wanted, seen, closed_at,
                accepted_at, accepted_by)
             SELECT gen_random_uuid(), '{tenant}', '{server}', number || '.test', {fields}[1 + number % 6], 'info', '', '',
                CASE WHEN number % 100 > 2 THEN now() END, CASE WHEN number % 100 = 1 THEN now() END,
                CASE WHEN number % 100 = 1 THEN 'me' END
             FROM generate_series(1, {ROWS}) number",
        ),
        "ANALYZE".to_owned(),
    ];
    for statement in statements {
        world.meddle(&statement).await.unwrap();
    }
}

/// The number of rows that `list` visits: entries of indexes, and rows of tables that are read whole. A connection reports
/// what it read when it is closed, so `list` gets a store of its own.
async fn visited(world: &World, list: impl AsyncFn(Store) -> usize) -> (usize, i64) {
    sqlx::query("SELECT pg_stat_reset()").execute(&world.pool).await.unwrap();
    let listed = list(Store::connect(&world.database.url, 1).await.unwrap()).await;
    let lists = "('open_jobs', 'finished_jobs', 'dead_letters', 'drift_findings')";
    let read = format!(
        "SELECT (SELECT coalesce(sum(idx_tup_read), 0) FROM pg_stat_user_indexes WHERE relname IN {lists})::bigint
              + (SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_user_tables WHERE relname IN {lists})::bigint"
    );
    let rows = eventually("the connection reports what it read", async || {
        let rows: i64 =
            sqlx::query_scalar(AssertSqlSafe(read.clone())).fetch_one(&world.pool).await.unwrap();
        (rows >= i64::try_from(listed).unwrap()).then_some(rows)
    });
    (listed, rows.await)
}

fn each<T: Copy>(all: impl IntoIterator<Item = T>) -> Vec<Option<T>> {
    [None].into_iter().chain(all.into_iter().map(Some)).collect()
}

/// `parts` is the number of lists of which the page is made.
async fn assert_a_page(
    world: &World,
    what: String,
    parts: i64,
    list: impl AsyncFn(Store) -> usize,
) {
    let (listed, rows) = visited(world, list).await;
    assert!(listed > 0, "{what}: the list is empty");
    let most = 3 * parts * i64::from(PAGE.size);
    assert!(rows <= most, "{what}: {rows} rows are read for {listed}");
}

#[tokio::test]
async fn a_page_visits_no_more_rows_than_three_pages_have() {
    let world = World::new().await;
    fill(&world).await;
    let company: &Company = &world;
    let tenant = company.tenant;
    let statuses = [JobStatus::Pending, JobStatus::Failed, JobStatus::Completed];
    for status in each(statuses) {
        for kind in each([JobKind::DnsApply]) {
            for target in each(["account/7"]) {
                let filter = JobFilter { status, kind, target: target.map(str::to_owned) };
                let list =
                    async |store: Store| store.jobs(tenant, &filter, PAGE).await.unwrap().len();
                assert_a_page(&world, format!("{filter:?}"), 1, list).await;
            }
        }
    }
    // A window has as many jobs as ten pages.
    let start = Start::Since(Duration::from_secs(3600));
    for status in [JobStatus::Failed, JobStatus::Cancelled] {
        let list =
            async |store: Store| store.ended_jobs(tenant, status, start).await.unwrap().jobs.len();
        assert_a_page(&world, format!("jobs that are {status:?}"), 10, list).await;
    }
    for status in each(DeadLetterStatus::ALL) {
        for queue in each(["queue 7"]) {
            for nobodys in [false, true] {
                let queue = queue.map(str::to_owned);
                let filter = DeadLetterFilter { tenant, nobodys, status, queue };
                let list = async |store: Store| {
                    store.list_dead_letters(&filter, PAGE).await.unwrap().len()
                };
                assert_a_page(&world, format!("{filter:?}"), 1 + i64::from(nobodys), list).await;
            }
        }
    }
    let server = sqlx::query_scalar("SELECT id FROM servers").fetch_one(&world.pool).await.unwrap();
    let server: sqlx::types::Uuid = server;
    for status in each(FindingStatus::ALL) {
        for server in each([server.into()]) {
            let filter = FindingFilter { server, status };
            let list =
                async |store: Store| store.findings(tenant, filter, PAGE).await.unwrap().len();
            assert_a_page(&world, format!("{filter:?}"), 1, list).await;
        }
    }
}
