//! A page of a list costs as much as a page, whatever is filtered and however long the list is.

use std::time::Duration;

use fixtures::Company;
use model::{
    account::AccountStatus,
    dead_letter::DeadLetterStatus,
    drift::FindingStatus,
    ids::TenantId,
    job::{JobKind, JobStatus},
    tenant_quota::{EachQuota, TenantQuota},
};
use sqlx::types::Uuid;
use store::{
    Store,
    audit::{AuditBy, AuditFilter},
    dead_letters::DeadLetterFilter,
    findings::FindingFilter,
    jobs::JobFilter,
    page::Page,
    redrive::Start,
};
use testkit::eventually;

use crate::world::World;

/// The rows of each list.
const ROWS: u32 = 100_000;
/// The rows of a page.
const PAGE: Page = Page { size: 50, after: None };

/// A page in the middle of a list whose ids begin with any digit up to 7.
const LATER: Page = Page { size: 50, after: Some(Uuid::from_u128(4 << 124)) };

/// The id of this number.
fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// Makes long lists: jobs of every kind and final status, pending ones, letters and findings of every status.
async fn fill(world: &World) {
    let server = world.server("vm1", 10).await.uuid();
    let tenant = world.tenant.uuid();
    let words = |words: &[&str]| format!("(ARRAY['{}'])", words.join("','"));
    let kinds: Vec<_> = JobKind::ALL.into_iter().map(JobKind::as_str).collect();
    let fields = words(&["existence", "owner", "name", "status", "user", "quota"]);
    let statements = [
        format!(
            "INSERT INTO jobs (id, tenant_id, kind, target, queue, lane, payload, actor,
                correlation_id, status, finished_at)
             SELECT gen_random_uuid(), '{tenant}', {kinds}[1 + number / 1000 % {count}], 'account/' || lpad(to_hex(number % 1000), 32, '0')::uuid, 'bulk', 'bulk',
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
        "ALTER TABLE audit_log DISABLE TRIGGER USER".to_owned(),
        format!(
            "INSERT INTO audit_log (seq, tenant_id, at, actor, action, target, correlation_id, previous_sha256, sha256)
             SELECT number, '{tenant}', now() - (200000 - number) * interval '1 minute', 'actor ' || number % 100,
                'action ' || number % 50, 'target ' || number % 1000, 'c', '', ''
             FROM generate_series((SELECT coalesce(max(seq), 0) + 1 FROM audit_log), {ROWS}) number",
        ),
        "ALTER TABLE audit_log ENABLE TRIGGER USER".to_owned(),
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
    let read = "SELECT (SELECT coalesce(sum(idx_tup_read), 0) FROM pg_stat_user_indexes
                        WHERE relname <> '_sqlx_migrations')::bigint
                     + (SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_user_tables
                        WHERE relname <> '_sqlx_migrations')::bigint";
    let rows = eventually("the connection reports what it read", async || {
        let rows: i64 = sqlx::query_scalar(read).fetch_one(&world.pool).await.unwrap();
        (rows >= i64::try_from(listed).unwrap()).then_some(rows)
    });
    (listed, rows.await)
}

/// The length of a list, once it is read.
type Count = std::pin::Pin<Box<dyn Future<Output = usize>>>;

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
    let target = format!("account/{}", uuid(7));
    for status in each(statuses) {
        for kind in each([JobKind::DnsApply]) {
            for target in each([&*target]) {
                let filter = JobFilter { status, kind, target: target.map(str::to_owned) };
                let list = async |store: Store| {
                    store.named_jobs(tenant, &filter, PAGE).await.unwrap().len()
                };
                assert_a_page(&world, format!("{filter:?}"), 1, list).await;
            }
        }
    }
    let quotas = async |store: Store| counted(&store, tenant).await;
    assert_a_page(&world, "open jobs of a quota".to_owned(), 7, quotas).await;
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
    let moment = async |ago| {
        let moment = sqlx::query_scalar("SELECT now() - $1 * interval '1 minute'").bind(ago);
        moment.fetch_one(&world.pool).await.unwrap()
    };
    let period = (Some(moment(180_000_f64).await), Some(moment(120_000_f64).await));
    for by in [
        None,
        Some(AuditBy::Actor("actor 7".to_owned())),
        Some(AuditBy::Target("target 7".to_owned())),
        Some(AuditBy::Action("action 7".to_owned())),
    ] {
        for (since, until) in [(None, None), (period.0, None), (None, period.1), period] {
            let filter = AuditFilter { by: by.clone(), since, until };
            let list = async |store: Store| {
                store.audit_entries(tenant, &filter, PAGE).await.unwrap().len()
            };
            assert_a_page(&world, format!("{filter:?}"), 1, list).await;
        }
    }
}

/// What a tenant has of everything that is counted for a quota, up to a page's size of each. The number of services is read in one row.
async fn counted(store: &Store, tenant: TenantId) -> usize {
    let uses = store.uses(tenant, &EachQuota::of(|_| PAGE.size)).await.unwrap();
    let counted = TenantQuota::ALL.into_iter().filter(|it| *it != TenantQuota::Services);
    counted.map(|quota| uses.get(quota) as usize).sum()
}

/// Makes long lists of everything that is sold. Half of each list belongs to another tenant, whose ids are the highest:
/// a walk that does not begin with the tenant reads all of them first.
async fn fill_hosting(world: &World) {
    let (own, other) = (world.tenant.uuid(), world.another_tenant().await.uuid());
    let (plan, server) = (world.plan.uuid(), world.server("vm1", 10).await.uuid());
    // An even number is the tenant's own.
    let tenant = format!("(ARRAY['{own}', '{other}']::uuid[])[1 + number % 2]");
    let id = "(CASE WHEN number % 2 = 1 THEN 'f' ELSE to_hex(number / 2 % 8) END
              || substr(md5(number::text), 2))::uuid";
    let rows = format!("FROM generate_series(1, {ROWS}) number");
    let statuses = AccountStatus::ALL.map(AccountStatus::as_str).join("','");
    let statements = [
        // The list would wait for a hundred thousand updates of one server's count.
        "ALTER TABLE accounts DISABLE TRIGGER accounts_occupy".to_owned(),
        format!(
            "INSERT INTO tenants (id, name) SELECT {id}, 'tenant-' || number {rows}",
        ),
        format!(
            "INSERT INTO plans (id, tenant_id, name, terms)
             SELECT {id}, {tenant}, 'plan-' || number, (SELECT terms FROM plans WHERE id = '{plan}') {rows}",
        ),
        format!(
            "INSERT INTO servers (id, tenant_id, name, kind, url, addresses, capacity)
             SELECT {id}, {tenant}, 'vm-' || number, 'virtualmin', 'https://vm-' || number || '.test', '{{192.0.2.7}}', 9 {rows}",
        ),
        format!(
            "INSERT INTO dns_servers (id, tenant_id, name, api_url, sealed_api_key, nameservers, ns_names, hostmaster)
             SELECT {id}, {tenant}, 'ns-' || number, 'http://ns.test', '', '{{192.0.2.7:53}}', '{{ns1.test}}',
                'hostmaster@ns.test' {rows}",
        ),
        format!(
            "INSERT INTO api_tokens (id, tenant_id, name, role, sha256, created_at, expires_at, revoked_at)
             SELECT {id}, {tenant}, 'token', 'viewer', sha256(number::text::bytea), '2000-01-01',
                CASE WHEN number % 8 < 2 THEN timestamptz '2001-01-01' END, CASE WHEN number % 8 IN (2, 3) THEN now() END {rows}",
        ),
        format!(
            "INSERT INTO services (id, tenant_id, plan_id, domain, status)
             SELECT {id}, {tenant}, {id}, number || '.test', 'active' {rows}",
        ),
        format!(
            "INSERT INTO accounts (id, tenant_id, service_id, plan_id, server_id, domain, terms, status, placement)
             SELECT {id}, {tenant}, {id}, {id}, CASE WHEN number % 3 = 0 THEN '{server}' ELSE {id} END,
                number || '.test', (SELECT terms FROM plans WHERE id = '{plan}'),
                (ARRAY['{statuses}'])[1 + number / 1000 % {count}],
                '{{\"required_tags\": [], \"considered\": 1, \"eligible\": 1, \"verdicts\": [], \"unenforced\": []}}' {rows}",
            count = AccountStatus::ALL.len(),
        ),
        "ANALYZE".to_owned(),
    ];
    for statement in statements {
        world.meddle(&statement).await.unwrap();
    }
}

#[tokio::test]
async fn a_page_of_what_is_sold_visits_no_more_rows_than_three_pages_have() {
    let world = World::new().await;
    fill_hosting(&world).await;
    let tenant = world.tenant;
    for page in [PAGE, LATER] {
        let check = async |what: &str, list: &dyn Fn(Store) -> Count| {
            let list = async |store: Store| list(store).await;
            assert_a_page(&world, format!("{what} {page:?}"), 1, list).await;
        };
        check("plans", &|it| Box::pin(async move { it.plans(tenant, page).await.unwrap().len() }))
            .await;
        check("servers", &|it| {
            Box::pin(async move { it.servers(tenant, page).await.unwrap().len() })
        })
        .await;
        check("DNS servers", &|it| {
            Box::pin(async move { it.dns_servers(tenant, page).await.unwrap().len() })
        })
        .await;
        check("services", &|it| {
            Box::pin(async move { it.services(tenant, page).await.unwrap().len() })
        })
        .await;
        check("tokens", &|it| {
            Box::pin(async move { it.tokens(tenant, page).await.unwrap().len() })
        })
        .await;
        check("tenants", &|it| {
            Box::pin(async move { it.tenants(None, page).await.unwrap().len() })
        })
        .await;
        for status in each(AccountStatus::ALL) {
            check(&format!("accounts {status:?}"), &|it| {
                Box::pin(async move { it.accounts(tenant, status, page).await.unwrap().len() })
            })
            .await;
        }
    }
    let quotas = async |store: Store| counted(&store, tenant).await;
    assert_a_page(&world, "what quotas count".to_owned(), 7, quotas).await;
    let list = async |store: Store| store.tenants(Some(tenant), PAGE).await.unwrap().len();
    assert_a_page(&world, "the own tenant".to_owned(), 1, list).await;
}
