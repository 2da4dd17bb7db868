//! A failure or a cancellation reaches from a parent job to its child, and back.

use std::sync::atomic::Ordering;

use engine::{
    Outcome,
    walk::{drive, turn},
};
use model::job::{JobKind, JobStatus};
use store::{jobs::JobFilter, page::Page};

use crate::world::World;

#[tokio::test]
async fn a_child_that_fails_undoes_its_parent() {
    let world = World::new().await;
    world.outside.refuse_child.store(1, Ordering::SeqCst);
    let id = world.file(&world.order()).await;
    assert_eq!(drive(&world.engine, id, &[]).await, JobStatus::Failed);
    let fault = world.job(id).await.fault.unwrap();
    assert!(fault.message.contains("there is a river"), "{fault}");
    assert!(world.outside.done().iter().any(|it| it.starts_with("-house")));
}

#[tokio::test]
async fn cancelling_a_job_that_waits_cancels_its_child() {
    let world = World::new().await;
    let id = world.file(&world.order()).await;
    assert_eq!(turn(&world.engine, id, &[]).await, Outcome::Waiting);
    let tx = world.store.begin().await.unwrap();
    tx.request_cancel(id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(drive(&world.engine, id, &[]).await, JobStatus::Cancelled);
    let page = Page { size: 10, after: None };
    let children = JobFilter { kind: Some(JobKind::DnsApply), ..JobFilter::default() };
    let children = world.store.jobs(world.tenant, &children, page).await.unwrap();
    assert_eq!(children.len(), 1);
    assert_eq!(children[0].status, JobStatus::Cancelled);
    let done = world.outside.done();
    assert!(done.iter().all(|it| !it.contains("road")), "{done:?}");
    assert!(done.iter().any(|it| it.starts_with("-house")), "{done:?}");
}
