//! Wherever `plan.apply` is interrupted, each account gets one job at most, and a repeat reaches the rest.

use engine::walk::walk;
use fixtures::{Site, rows};
use model::{
    account::{AccountStatus, HealAccount, SuspendAccount},
    ids::{AccountId, JobId},
    job::{JobKind, JobStatus, Order},
    plan::{ApplyPlan, Plan, PlanTerms},
    quota::Limit,
};
use store::{jobs::JobFilter, page::Page};

use crate::world::World;

/// The disk space of the changed plan, in MiB.
const GROWN: u64 = 2048;

/// A plan of its own with accounts, whose terms have changed since, and the job that applies them.
struct Changed {
    plan: Plan,
    accounts: Vec<AccountId>,
}

async fn store(world: &World, plan: &Plan) {
    let tx = world.store.begin().await.unwrap();
    tx.update_plan(plan).await.unwrap();
    tx.commit().await.unwrap();
}

fn grown(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    plan.terms.disk_mib = Limit::AtMost(GROWN);
    plan.terms.bandwidth_mib = Limit::AtMost(7);
    plan.terms.mailboxes = Limit::AtMost(99);
    plan
}

async fn changed_plan(world: &World) -> Changed {
    let plan = Plan { name: testkit::unique("plan"), ..rows::plan(world.tenant) };
    let tx = world.store.begin().await.unwrap();
    tx.insert_plan(&plan).await.unwrap();
    let mut accounts = Vec::new();
    for _ in 0..3 {
        let service = rows::service(&plan, &format!("{}.test", testkit::unique("site")));
        tx.insert_service(&service).await.unwrap();
        let account = rows::account(&plan, &service, world.server);
        tx.insert_account(&account).await.unwrap();
        accounts.push(account.id);
    }
    tx.commit().await.unwrap();
    let plan = grown(&plan);
    store(world, &plan).await;
    Changed { plan, accounts }
}

/// The jobs that set an account's quota.
async fn healing(world: &World, account: AccountId) -> Vec<JobId> {
    let filter = JobFilter {
        kind: Some(JobKind::AccountHeal),
        target: Some(account.target()),
        ..JobFilter::default()
    };
    let jobs = world.store.jobs(world.tenant, &filter, Page { size: 10, after: None });
    let jobs = jobs.await.unwrap();
    for job in &jobs {
        let order: HealAccount = serde_json::from_value(job.payload.clone()).unwrap();
        assert_eq!((order.account_id, order.terms), (account, true));
        assert_eq!(job.resource, Some(world.server.mutation_slot()));
    }
    jobs.into_iter().map(|it| it.id).collect()
}

async fn terms(world: &World, account: AccountId) -> PlanTerms {
    world.store.account_by_id(account).await.unwrap().unwrap().terms
}

#[tokio::test]
async fn every_account_of_a_plan_is_changed_once_or_the_job_says_why_not() {
    let world = World::new().await;
    let filed = async || {
        let changed = changed_plan(&world).await;
        let order = ApplyPlan { plan_id: changed.plan.id };
        let job = world.file_job(&world.job_of(&order)).await;
        (changed, job)
    };
    walk(&world.engine, &world.store, JobKind::PlanApply, filed, async |changed, status, case| {
        for account in &changed.accounts {
            let (terms, jobs) = (terms(&world, *account).await, healing(&world, *account).await);
            let is_changed = terms.disk_mib == Limit::AtMost(GROWN);
            // The row and the job go together, whatever became of the walk.
            assert_eq!(jobs.len(), usize::from(is_changed), "{case}");
            assert_eq!(terms.bandwidth_mib == Limit::AtMost(7), is_changed, "{case}");
            assert_eq!(
                terms.mailboxes,
                Limit::AtMost(5),
                "{case}: it holds for the account's life"
            );
            if status == JobStatus::Completed {
                assert!(is_changed, "{case}");
            } else {
                assert_eq!(status, JobStatus::Failed, "{case}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn panels_get_the_new_quotas_of_active_suspended_and_pending_accounts() {
    let world = World::new().await;
    let (active, suspended) = (world.standing_site().await, world.standing_site().await);
    let (pending, ended) = (world.site().await, world.standing_site().await);
    let reason = "unpaid".to_owned();
    world.completed(&SuspendAccount { account_id: suspended.account, reason }).await;
    world.unprotect(&ended).await;
    world.completed(&model::account::TerminateAccount { account_id: ended.account }).await;
    let provision =
        world.file(&model::account::ProvisionAccount { account_id: pending.account }).await;
    store(&world, &grown(&world.plan)).await;

    let order = ApplyPlan { plan_id: world.plan.id };
    let apply = world.file_job(&world.job_of(&order)).await;
    assert_eq!(world.driven(apply).await.status, JobStatus::Completed);
    assert_eq!(world.driven(provision).await.status, JobStatus::Completed);
    for site in [&active, &suspended, &pending] {
        let jobs = healing(&world, site.account).await;
        assert_eq!(jobs.len(), 1);
        let job = world.driven(jobs[0]).await;
        assert_eq!(job.status, JobStatus::Completed, "{:?}", job.fault);
        let seen = world.host.domain(site.domain.as_str()).unwrap();
        assert_eq!(seen.limits.quota_blocks, GROWN * 1024);
        assert_eq!(seen.disabled.is_some(), site.account == suspended.account);
    }
    assert_eq!(healing(&world, ended.account).await, []);
    assert_eq!(world.status(&suspended).await, AccountStatus::Suspended);
    assert_eq!(audited(&world, &active).await, 1);

    // Nothing is left to do.
    let again = world.file_job(&world.job_of(&order)).await;
    assert_eq!(world.driven(again).await.status, JobStatus::Completed);
    assert_eq!(healing(&world, active.account).await.len(), 1);
}

/// The number of audit rows about the terms of a site's account.
async fn audited(world: &World, site: &Site) -> i64 {
    let rows = "SELECT count(*) FROM audit_log WHERE action = 'account.terms' AND target = $1
        AND actor LIKE 'job:%' AND detail -> 'from' -> 'disk_mib' ->> 'at_most' = '1024'";
    let rows = sqlx::query_scalar(rows).bind(site.account.target());
    rows.fetch_one(&world.rows().await).await.unwrap()
}

#[tokio::test]
async fn a_plan_that_is_gone_fails_the_job() {
    let world = World::new().await;
    let order = ApplyPlan { plan_id: model::ids::PlanId::generate() };
    let job = world.file_job(&world.job_of(&order)).await;
    let job = world.driven(job).await;
    assert_eq!(job.status, JobStatus::Failed);
    assert_eq!(job.fault.unwrap().kind, model::fault::FaultKind::NotFound);
    assert_eq!(order.target(), job.target);
}
