//! Findings of drift: each difference has one open finding, which is counted, closed after healing, and
//! unchanged once accepted.

use std::slice;

use model::{
    account::{AccountStatus, HealAccount},
    drift::{Difference, Field, Finding, FindingStatus, Severity},
    ids::{AccountId, FindingId, ServerId},
    job::{JobEvent, JobStatus, NewJob, Order},
    server::Server,
};
use store::{drift::Noted, findings::FindingFilter, page::Page};
use time::OffsetDateTime;

use crate::world::{World, checked, origin, taken};

const ALL: Page = Page { size: 100, after: None };

fn differs(account: Option<AccountId>, domain: &str, field: Field, seen: &str) -> Difference {
    let (domain, seen) = (domain.to_owned(), seen.to_owned());
    Difference { account_id: account, domain, field, wanted: "as sold".to_owned(), seen }
}

async fn server(world: &World) -> Server {
    let id = world.server("vm1", 10).await;
    world.store.server_by_id(id).await.unwrap().unwrap()
}

/// Stores the differences of one sweep, and closes the findings that the sweep did not confirm.
async fn sweep(
    world: &World,
    server: &Server,
    found: &[Difference],
    unsettled: &[AccountId],
) -> Vec<Noted> {
    let tx = world.store.begin().await.unwrap();
    let noted = tx.note(server, found).await.unwrap();
    tx.close_findings(server.id, unsettled).await.unwrap();
    tx.commit().await.unwrap();
    noted
}

async fn findings(world: &World, status: Option<FindingStatus>) -> Vec<Finding> {
    let filter = FindingFilter { server: None, status };
    world.store.findings(world.tenant, filter, ALL).await.unwrap()
}

async fn accept(world: &World, id: FindingId) -> Finding {
    let tx = world.store.begin().await.unwrap();
    let finding = tx.accept_finding(id, "token:1").await.unwrap();
    tx.commit().await.unwrap();
    finding
}

#[tokio::test]
async fn a_difference_found_again_is_the_same_finding_counted() {
    let world = World::new().await;
    let server = server(&world).await;
    let account = world.account(server.id, "a.test").await;
    let found = [
        differs(Some(account), "a.test", Field::Status, "disabled"),
        differs(None, "stray.test", Field::Unknown, "one"),
    ];
    let first = sweep(&world, &server, &found, &[]).await;
    assert!(first.iter().all(Noted::is_new));
    let second = sweep(&world, &server, &found, &[]).await;
    assert!(second.iter().all(|it| it.count == 2 && !it.is_new()));
    let open = findings(&world, Some(FindingStatus::Open)).await;
    assert_eq!(open.len(), 2);
    let of = |field| open.iter().find(|it| it.difference.field == field).unwrap();
    assert_eq!(of(Field::Status).difference, found[0]);
    assert_eq!((of(Field::Status).severity, of(Field::Status).count), (Severity::Critical, 2));
    assert_eq!(of(Field::Unknown).difference, found[1]);
    assert!(of(Field::Unknown).first_seen_at < of(Field::Unknown).last_seen_at);
}

#[tokio::test]
async fn a_finding_closes_when_its_difference_is_gone_and_a_new_one_opens_on_its_return() {
    let world = World::new().await;
    let server = server(&world).await;
    let found = [differs(None, "stray.test", Field::Unknown, "one")];
    let first = sweep(&world, &server, &found, &[]).await;
    sweep(&world, &server, &[], &[]).await;
    assert_eq!(findings(&world, Some(FindingStatus::Open)).await, []);
    assert_eq!(findings(&world, Some(FindingStatus::Closed)).await.len(), 1);
    let again = sweep(&world, &server, &found, &[]).await;
    assert!(again[0].is_new() && again[0].id != first[0].id);
    assert_eq!(findings(&world, None).await.len(), 2);
}

#[tokio::test]
async fn a_finding_of_an_account_that_was_not_judged_stays_open() {
    let world = World::new().await;
    let server = server(&world).await;
    let account = world.account(server.id, "a.test").await;
    sweep(&world, &server, &[differs(Some(account), "a.test", Field::Quota, "1 KiB")], &[]).await;
    sweep(&world, &server, &[], &[account]).await;
    assert_eq!(findings(&world, Some(FindingStatus::Open)).await.len(), 1);
    sweep(&world, &server, &[], &[]).await;
    assert_eq!(findings(&world, Some(FindingStatus::Open)).await, []);
}

#[tokio::test]
async fn findings_of_another_server_are_left_alone() {
    let world = World::new().await;
    let server = server(&world).await;
    let another = world.server("vm2", 10).await;
    let another = world.store.server_by_id(another).await.unwrap().unwrap();
    let found = [differs(None, "stray.test", Field::Unknown, "one")];
    sweep(&world, &server, &found, &[]).await;
    sweep(&world, &another, &found, &[]).await;
    sweep(&world, &server, &[], &[]).await;
    let open = findings(&world, Some(FindingStatus::Open)).await;
    assert_eq!(open.iter().map(|it| it.server_id).collect::<Vec<_>>(), [another.id]);
    let of_server = async |server: ServerId| {
        let filter = FindingFilter { server: Some(server), status: None };
        world.store.findings(world.tenant, filter, ALL).await.unwrap().len()
    };
    assert_eq!((of_server(server.id).await, of_server(another.id).await), (1, 1));
}

#[tokio::test]
async fn an_accepted_finding_stays_accepted_until_it_changes() {
    let world = World::new().await;
    let server = server(&world).await;
    let same = [differs(None, "stray.test", Field::Unknown, "one")];
    let id = sweep(&world, &server, &same, &[]).await[0].id;
    let accepted = accept(&world, id).await;
    assert_eq!(accepted.status(), FindingStatus::Accepted);
    assert_eq!(findings(&world, Some(FindingStatus::Accepted)).await, slice::from_ref(&accepted));
    assert!(findings(&world, Some(FindingStatus::Open)).await.is_empty());
    assert_eq!(accepted.accepted.unwrap().actor, "token:1");
    let noted = sweep(&world, &server, &same, &[]).await;
    assert!(noted[0].accepted && !noted[0].is_new());
    let changed = [differs(None, "stray.test", Field::Unknown, "another")];
    let noted = sweep(&world, &server, &changed, &[]).await;
    assert!(noted[0].id == id && !noted[0].accepted && noted[0].is_new());
    let noted = sweep(&world, &server, &changed, &[]).await;
    assert!(!noted[0].is_new() && noted[0].count == 2);
}

#[tokio::test]
async fn a_closed_finding_cannot_be_accepted() {
    let world = World::new().await;
    let server = server(&world).await;
    let found = [differs(None, "stray.test", Field::Unknown, "one")];
    let id = sweep(&world, &server, &found, &[]).await[0].id;
    sweep(&world, &server, &[], &[]).await;
    let tx = world.store.begin().await.unwrap();
    assert!(tx.accept_finding(id, "token:1").await.is_err());
}

#[tokio::test]
async fn a_finding_knows_how_its_job_ended() {
    let world = World::new().await;
    let server = server(&world).await;
    let account = world.account(server.id, "a.test").await;
    let found = [differs(Some(account), "a.test", Field::Status, "disabled")];
    let noted = sweep(&world, &server, &found, &[]).await;
    assert_eq!(noted[0].job, None);
    let order = HealAccount { account_id: account, terms: false };
    let job = NewJob::of(world.tenant, &order, origin());
    let tx = world.store.begin().await.unwrap();
    assert_eq!(tx.lock_with_service(account).await.unwrap().map(|it| it.id), Some(account));
    assert!(!tx.has_unfinished_job(&order.target()).await.unwrap());
    tx.file_job(&job).await.unwrap();
    tx.healed_by(&[noted[0].id], job.id).await.unwrap();
    assert!(tx.has_unfinished_job(&order.target()).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(sweep(&world, &server, &found, &[]).await[0].job, Some(JobStatus::Pending));
    assert_eq!(findings(&world, None).await[0].job_id, Some(job.id));
}

#[tokio::test]
async fn an_account_is_judged_only_when_nothing_is_at_work_on_it() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let start = OffsetDateTime::UNIX_EPOCH;
    let soon: OffsetDateTime = sqlx::query_scalar("SELECT now() + interval '1 hour'")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    let account = world.account(server, "a.test").await;
    assert!(world.store.is_claimed(&"a.test".parse().unwrap()).await.unwrap());
    let settled = async |since| {
        let wanted = world.store.wanted_on(server, since).await.unwrap();
        wanted.iter().map(|it| it.settled).collect::<Vec<_>>()
    };
    assert_eq!(settled(soon).await, [false], "it is not made yet");
    let tx = world.store.begin().await.unwrap();
    let (pending, active) = (AccountStatus::Pending, AccountStatus::Active);
    assert!(tx.set_account_status(account, pending, active).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(settled(start).await, [false], "it has changed since");
    assert_eq!(settled(soon).await, [true]);
    let order = HealAccount { account_id: account, terms: false };
    let job = world.file(NewJob::of(world.tenant, &order, origin())).await;
    assert_eq!(settled(soon).await, [false], "a job is at work on it");
    let hold = world.claim(job).await;
    let tx = world.store.begin().await.unwrap();
    tx.end(hold, JobStatus::Running, JobEvent::Complete).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(settled(start).await, [false], "a job has ended since");
    assert_eq!(settled(soon).await, [true]);
    world.meddle("UPDATE accounts SET protected = false").await.unwrap();
    world.meddle("UPDATE accounts SET status = 'terminated'").await.unwrap();
    assert_eq!(settled(start).await, [false], "it may be in a listing still");
    assert!(settled(soon).await.is_empty());
    assert!(!world.store.is_claimed(&"a.test".parse().unwrap()).await.unwrap());
}

#[tokio::test]
async fn a_value_that_no_row_can_hold_is_cut_and_cleaned() {
    let world = World::new().await;
    let server = server(&world).await;
    let odd = format!("\0\n{}", "x".repeat(2000));
    sweep(&world, &server, &[differs(None, "stray.test", Field::Unknown, &odd)], &[]).await;
    assert_eq!(findings(&world, None).await[0].difference.seen, "x".repeat(500));
}

#[tokio::test]
async fn findings_of_another_tenant_are_not_returned() {
    let world = World::new().await;
    let server = server(&world).await;
    let found = [differs(None, "stray.test", Field::Unknown, "one")];
    let id = sweep(&world, &server, &found, &[]).await[0].id;
    assert!(world.store.finding(world.tenant, id).await.unwrap().is_some());
    let other_tenant = world.another_tenant().await;
    assert_eq!(world.store.finding(other_tenant, id).await.unwrap(), None);
    let theirs = world.store.findings(other_tenant, FindingFilter::default(), ALL).await.unwrap();
    assert_eq!(theirs, []);
    let tx = world.store.begin().await.unwrap();
    assert_eq!(tx.lock_finding(other_tenant, id).await.unwrap(), None);
}

#[tokio::test]
async fn open_findings_are_counted_by_field() {
    let world = World::new().await;
    let server = server(&world).await;
    let found = [
        differs(None, "a.test", Field::Unknown, "one"),
        differs(None, "b.test", Field::Unknown, "one"),
    ];
    sweep(&world, &server, &found, &[]).await;
    let open = world.store.open_findings().await.unwrap();
    assert_eq!((open.len(), open[&Field::Unknown], open[&Field::Status]), (Field::ALL.len(), 2, 0));
}

#[tokio::test]
async fn the_database_refuses_impossible_findings() {
    let world = World::new().await;
    let server = server(&world).await;
    let found = [
        differs(None, "a.test", Field::Unknown, "one"),
        differs(None, "b.test", Field::Unknown, "one"),
    ];
    sweep(&world, &server, &found, &[]).await;
    for (change, refusal) in [
        ("domain = 'c.test'", taken("drift_findings_open")),
        ("field = 'colour'", checked("drift_findings_field_check")),
        ("severity = 'dire'", checked("drift_findings_severity_check")),
        ("count = 0", checked("drift_findings_count_check")),
        ("accepted_by = 'me'", checked("drift_findings_check")),
    ] {
        let refused = world.refusal(&format!("UPDATE drift_findings SET {change}")).await;
        assert_eq!(refused, refusal, "{change}");
    }
}
