//! Servers that are down or behind, a cancelled job, and a key that is never shown.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use engine::{
    Outcome,
    walk::{drive, turn},
};
use model::{fault::FaultKind, job::JobStatus};
use testkit::powerdns::PowerDns;

use crate::world::{World, changes};

#[tokio::test]
async fn a_job_is_tried_again_until_its_server_is_back() {
    let world = World::new().await;
    let site = world.site().await;
    world.powerdns.kill().await;
    let job = world.file(&site).await;
    assert!(matches!(turn(&world.engine, job, &[]).await, Outcome::Later(_)));
    let fault = world.job(job).await.fault.unwrap();
    assert_eq!(fault.kind, FaultKind::Unavailable);
    assert!(fault.message.contains("ns-lab: it cannot be reached"), "{fault}");

    world.powerdns.restart().await.unwrap();
    assert_eq!(drive(&world.engine, job, &[]).await, JobStatus::Completed);
    assert_eq!(world.dig(site.name.as_str(), "A"), ["192.0.2.7"]);
}

#[tokio::test]
async fn a_zone_is_verified_only_when_every_name_server_answers() {
    let world = World::with_name_servers(async |powerdns, scratch| {
        let behind = PowerDns::start(&scratch.path().join("behind")).await.unwrap();
        vec![powerdns.dns_addr(), behind.dns_addr()]
    })
    .await;
    let site = world.site().await;
    let job = world.file(&site).await;
    assert!(matches!(turn(&world.engine, job, &[]).await, Outcome::Later(_)));
    let fault = world.job(job).await.fault.unwrap();
    let behind = &world.server.nameservers[1];
    assert!(fault.message.starts_with(&format!("name server {behind}, ")), "{fault}");
    assert!(fault.message.ends_with("it answers Query Refused"), "{fault}");
    assert_eq!(world.store.zone_verified_at(site.zone).await.unwrap(), None);

    // Only an answer of the last name server is missing, so the job writes nothing twice.
    let written = changes(&world.zone(&site.name).await.unwrap());
    assert!(matches!(turn_again(&world, job).await, Outcome::Later(_)));
    assert_eq!(changes(&world.zone(&site.name).await.unwrap()), written);
}

async fn turn_again(world: &World, job: model::ids::JobId) -> Outcome {
    world.store.hurry(job).await.unwrap();
    turn(&world.engine, job, &[]).await
}

#[tokio::test]
async fn a_job_that_is_cancelled_leaves_nothing() {
    let world =
        World::with_name_servers(async |_, _| vec![format!("127.0.0.1:{}", testkit::free_port())])
            .await;
    let site = world.site().await;
    let job = world.file(&site).await;
    assert!(matches!(turn(&world.engine, job, &[]).await, Outcome::Later(_)));
    assert!(world.zone(&site.name).await.is_some());
    let tx = world.store.begin().await.unwrap();
    tx.request_cancel(job).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(drive(&world.engine, job, &[]).await, JobStatus::Cancelled);
    assert!(world.zone(&site.name).await.is_none());
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_key_is_in_no_log_and_no_row() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let world = World::new().await;
    let site = world.site().await;
    let job = world.file(&site).await;
    {
        let _logged = tracing::subscriber::set_default(subscriber);
        world.powerdns.kill().await;
        assert!(matches!(turn(&world.engine, job, &[]).await, Outcome::Later(_)));
        world.powerdns.restart().await.unwrap();
        drive(&world.engine, job, &[]).await;
    }
    let key = world.powerdns.api_key();
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("cannot be reached"), "nothing was logged");
    assert!(!log.contains(key));
    let (job, steps) = (world.job(job).await, world.store.steps(job).await.unwrap());
    assert_eq!(job.status, JobStatus::Completed);
    assert!(!format!("{job:?} {steps:?} {:?}", world.server).contains(key));
}
