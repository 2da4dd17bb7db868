//! A new server is opened for accounts, or says why not.

use engine::walk::walk;
use model::{
    fault::FaultKind,
    ids::ServerId,
    job::{JobKind, JobStatus},
    server::{Server, ServerStatus, VerifyServer},
};
use simulators::virtualmin::{Options, Simulator};

use crate::{hosting::Registration, world::World};

impl World {
    async fn register(&self, registration: Registration) -> ServerId {
        registration.insert(&self.store, &self.keyring, self.tenant).await
    }

    async fn server(&self, id: ServerId) -> Server {
        self.store.server_by_id(id).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn a_server_that_answers_is_opened_or_left_as_it_was() {
    let world = World::new().await;
    let new_host = async || {
        let host = Simulator::start(Options::default()).await.unwrap();
        let server_id = world.register(Registration::of(&host)).await;
        let job = world.file_job(&world.job_of(&VerifyServer { server_id })).await;
        ((host, server_id), job)
    };
    walk(&world.engine, JobKind::ServerVerify, new_host, async |(_, id), status, case| {
        let server = world.server(*id).await;
        let verified = world.audited("server.verified", &format!("server/{id}")).await;
        if status == JobStatus::Completed {
            assert_eq!(server.status, ServerStatus::Active, "{case}");
            assert!(server.version.is_some_and(|it| it.starts_with("8.1.0")), "{case}");
            assert_eq!((server.status_reason, verified), (None, 1), "{case}");
        } else {
            assert_eq!(server.status, ServerStatus::Unverified, "{case}");
            assert_eq!(server.status_reason.as_deref(), Some("injected: refused"), "{case}");
        }
    })
    .await;
}

#[tokio::test]
async fn wrong_credentials_are_told_and_open_nothing() {
    let world = World::new().await;
    let host = Simulator::start(Options::default()).await.unwrap();
    let wrong = Registration { password: "wrong".to_owned(), ..Registration::of(&host) };
    let server_id = world.register(wrong).await;
    let fault = world.failed(&VerifyServer { server_id }).await;
    assert_eq!(fault.kind, FaultKind::Unauthenticated, "{fault}");
    let server = world.server(server_id).await;
    assert_eq!(server.status, ServerStatus::Unverified);
    assert_eq!(server.status_reason, Some(fault.message));
}

#[tokio::test]
async fn another_certificate_than_the_pinned_one_is_told_and_opens_nothing() {
    let world = World::new().await;
    let host = Simulator::start(Options::default()).await.unwrap();
    let wrong = Registration { pin: "0".repeat(64), ..Registration::of(&host) };
    let server_id = world.register(wrong).await;
    let fault = world.failed(&VerifyServer { server_id }).await;
    let server = world.server(server_id).await;
    assert_eq!(server.status, ServerStatus::Unverified);
    assert!(server.status_reason.as_ref().unwrap().contains("certificate"), "{fault}");
}

#[tokio::test]
async fn a_server_that_a_person_set_aside_keeps_its_status() {
    let world = World::new().await;
    let host = Simulator::start(Options::default()).await.unwrap();
    let aside = Registration { status: ServerStatus::Maintenance, ..Registration::of(&host) };
    let server_id = world.register(aside).await;
    world.completed(&VerifyServer { server_id }).await;
    assert_eq!(world.server(server_id).await.status, ServerStatus::Maintenance);
}
