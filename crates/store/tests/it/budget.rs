//! What a job costs that does not vary with the machine: bytes of PostgreSQL's log, and transactions that write.

use std::time::Duration;

use futures_util::future::join_all;
use model::{
    account::ProvisionAccount,
    ids::{AccountId, TenantId},
    job::NewJob,
};
use serde_json::json;
use sqlx::{Connection, PgConnection};
use store::{
    Store,
    claims::{Claim, Hold},
    journal::StepName,
};
use testkit::{
    Scratch,
    postgres::{Durability, Postgres},
};

use crate::world::origin;

/// Jobs that are in hand at a time: as many as one statement carries.
const TOGETHER: usize = 64;
/// The most bytes of the log for a job with two steps, from its filing to its end. An index of jobs adds some 150.
const BYTES: i64 = 6_200;
/// The most writing transactions for as many jobs: one files each, and few carry all of them further.
const TRANSACTIONS: i64 = 64 + 12;

/// The end of the log, and the number of the next writing transaction.
async fn counts(postgres: &Postgres) -> (i64, i64) {
    let mut connection = PgConnection::connect(&postgres.admin_url()).await.unwrap();
    let counts = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint";
    sqlx::query_as(counts).fetch_one(&mut connection).await.unwrap()
}

/// Files jobs, each for a resource of its own, and carries them to their end at the same time.
async fn carry_out(store: &Store) {
    let claims = store.claims("budget", Duration::from_secs(60), &[]);
    let mut jobs = Vec::new();
    for number in 0..TOGETHER {
        let order = ProvisionAccount { account_id: AccountId::generate() };
        let job = NewJob::of(TenantId::generate(), &order, origin());
        let job = job.holding(format!("budget/{number}"));
        store.file_job(&job).await.unwrap();
        jobs.push(job.id);
    }
    let holds = join_all(jobs.iter().map(async |job| match claims.take(*job).await.unwrap() {
        Claim::Taken(job) => Hold { job: job.id, epoch: job.epoch },
        other => panic!("not claimed: {other:?}"),
    }));
    let holds = holds.await;
    let step = |position, name| Some(StepName { position, name });
    let done = json!({ "server": "vm1" });
    let begun = holds.iter().map(async |it| store.journal(*it, None, step(0, "first")).await);
    join_all(begun).await.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
    let on = holds
        .iter()
        .map(async |it| store.journal(*it, Some(("first", &done)), step(1, "second")).await);
    join_all(on).await.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
    let ends = holds.iter().map(async |it| store.complete(*it, Some(("second", &done))).await);
    join_all(ends).await.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
}

#[tokio::test]
async fn a_job_stays_within_its_budget() {
    let scratch = Scratch::new("budget");
    let postgres = Postgres::start(scratch.path(), Durability::Fast).await.unwrap();
    let store = Store::connect(&postgres.admin_url(), 4).await.unwrap();
    store.migrate().await.unwrap();
    let tx = store.begin().await.unwrap();
    for number in 0..TOGETHER {
        tx.ensure_resource(&format!("budget/{number}"), 1).await.unwrap();
    }
    tx.commit().await.unwrap();
    // The first jobs read catalogues, grow tables and fill caches.
    carry_out(&store).await;
    let (log, transactions) = counts(&postgres).await;
    carry_out(&store).await;
    let (log_after, transactions_after) = counts(&postgres).await;
    postgres.stop().await;
    let bytes = (log_after - log) / i64::try_from(TOGETHER).unwrap();
    let transactions = transactions_after - transactions;
    assert!(bytes <= BYTES, "{bytes} bytes of the log for each job, {transactions} transactions");
    assert!(transactions <= TRANSACTIONS, "{transactions} transactions");
}
