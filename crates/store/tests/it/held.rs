//! Jobs that an outage holds are woken together when it ends, and no others.

use std::time::Duration;

use model::{
    fault::{Fault, FaultKind},
    ids::{JobId, ServerId},
    server::{Stops, VerifyServer},
};
use store::claims::Claim;

use crate::world::{LEASE, World};

const HOUR: Duration = Duration::from_secs(3600);

/// A job that its worker has held for an hour from now on.
async fn held(world: &World, server: ServerId) -> JobId {
    let job = world.file(world.new_job().holding(server.mutation_slot())).await;
    hold(world, job).await;
    job
}

async fn hold(world: &World, job: JobId) {
    let hold = world.claim(job).await;
    let fault = Fault::new(FaultKind::OutOfService, "the panel refused our credentials");
    assert!(world.store.hold_job(hold, None, &fault, HOUR, Some(HOUR)).await.unwrap());
}

async fn is_ready(world: &World, job: JobId) -> bool {
    matches!(world.store.claim(job, "test", LEASE).await.unwrap(), Claim::Taken(_))
}

#[tokio::test]
async fn the_end_of_an_outage_makes_the_jobs_of_its_server_due() {
    let world = World::new().await;
    let (server, other) = (world.server("vm1", 10).await, world.server("vm2", 10).await);
    let (first, elsewhere) = (held(&world, server).await, held(&world, other).await);
    let second = held(&world, server).await;
    assert!(!is_ready(&world, first).await && !is_ready(&world, second).await);
    let tx = world.store.begin().await.unwrap();
    assert!(tx.wake_held_jobs(server).await.unwrap(), "these are all");
    tx.commit().await.unwrap();
    assert!(!is_ready(&world, second).await, "the first of the queue is");
    assert!(is_ready(&world, first).await);
    assert!(!is_ready(&world, elsewhere).await);
}

#[tokio::test]
async fn a_held_job_on_the_server_itself_is_woken_too() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let job = world.file(world.job_of(&VerifyServer { server_id: server })).await;
    hold(&world, job).await;
    let tx = world.store.begin().await.unwrap();
    tx.wake_held_jobs(server).await.unwrap();
    tx.commit().await.unwrap();
    assert!(is_ready(&world, job).await);
}

#[tokio::test]
async fn a_fault_of_a_server_is_new_once_and_keeps_its_beginning() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let faulted = async |message: &str| {
        let fault = Fault::new(FaultKind::OutOfService, message);
        let tx = world.store.begin().await.unwrap();
        let new = tx.server_faulted(server, &fault, Stops::Calls, HOUR).await.unwrap();
        tx.commit().await.unwrap();
        let row = world.store.server_by_id(server).await.unwrap().unwrap();
        (new, row.fault.unwrap())
    };
    let (new, first) = faulted("it refuses us").await;
    assert!(new);
    let (new, second) = faulted("it blocks us").await;
    assert!(!new);
    assert_eq!((first.since, second.fault.message.as_str()), (second.since, "it blocks us"));

    let wait = world.store.take_server_try(server, LEASE).await.unwrap().unwrap();
    assert!(wait > HOUR / 2 && wait <= HOUR, "{wait:?}");
    world.store.give_server_try_back(server).await.unwrap();
    assert_eq!(world.store.take_server_try(server, LEASE).await.unwrap(), None);
    assert!(world.store.take_server_try(server, LEASE).await.unwrap().is_some(), "it is taken");

    let tx = world.store.begin().await.unwrap();
    assert!(tx.server_recovered(server).await.unwrap());
    assert!(!tx.server_recovered(server).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(world.store.server_by_id(server).await.unwrap().unwrap().fault, None);
}
