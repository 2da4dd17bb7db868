//! A new server is opened for accounts, or its row keeps the reason why not.

use engine::walk::walk;
use model::{
    fault::FaultKind,
    ids::ServerId,
    job::{JobKind, JobStatus, NewJob},
    server::{Server, ServerKind, ServerStatus, Trust, VerifyServer},
};
use simulators::virtualmin::{Options, Simulator};

use crate::world::World;

impl World {
    /// Registers a host with its usual registration, changed by `change`, and with this password.
    async fn register_with(
        &self,
        host: &Simulator,
        password: &str,
        change: impl FnOnce(&mut Server),
    ) -> ServerId {
        let status = ServerStatus::Unverified;
        let mut server = Server { status, verified: false, ..self.server_of(host) };
        change(&mut server);
        self.insert_server(&server, host.username(), password).await
    }

    async fn server_row(&self, id: ServerId) -> Server {
        self.store.server_by_id(id).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn a_server_that_answers_is_opened_or_left_as_it_was() {
    let world = World::new().await;
    let new_host = async || {
        let host = Simulator::start(Options::default()).await.unwrap();
        let server_id = world.register_with(&host, host.password(), |_| ()).await;
        let job = world.file_job(&world.job_of(&VerifyServer { server_id })).await;
        ((host, server_id), job)
    };
    walk(
        &world.engine,
        &world.store,
        JobKind::ServerVerify,
        new_host,
        async |(_, id), status, case| {
            let server = world.server_row(*id).await;
            assert_eq!(server.verified, status == JobStatus::Completed, "{case}");
            let verified = world.audited("server.verified", &id.target()).await;
            if status == JobStatus::Completed {
                assert_eq!(server.status, ServerStatus::Active, "{case}");
                assert!(
                    server.version.is_some_and(|version| version.starts_with("8.1.0")),
                    "{case}"
                );
                assert!(server.programs.contains("create-domain"), "{case}: {:?}", server.programs);
                assert!(server.features.is_some_and(|it| it.contains("mysql")), "{case}");
                assert_eq!(server.php_versions, Some(["8.2".to_owned()].into()), "{case}");
                assert_eq!((server.status_reason, verified), (None, 1), "{case}");
            } else {
                assert_eq!(server.status, ServerStatus::Unverified, "{case}");
                assert_eq!(server.status_reason.as_deref(), Some("injected: refused"), "{case}");
            }
        },
    )
    .await;
}

#[tokio::test]
async fn a_verification_learns_what_the_host_can_do() {
    let world = World::new().await;
    let host = Simulator::start(Options::default()).await.unwrap();
    let server_id = world.register_with(&host, host.password(), |_| ()).await;
    let verify = async || {
        world.completed(&VerifyServer { server_id }).await;
        world.server_row(server_id).await
    };
    assert_eq!(verify().await.keeps_quotas, None, "no virtual server shows it");

    host.create_by_hand("old.test", "old");
    assert_eq!(verify().await.keeps_quotas, Some(true));
    host.keep_quotas(false);
    host.switch_feature("mysql", false);
    let server = verify().await;
    assert_eq!(server.keeps_quotas, Some(false));
    let features = server.features.unwrap();
    assert!(features.contains("web") && features.contains("unix"), "{features:?}");
    assert!(!features.contains("mysql") && !features.contains("postgres"), "{features:?}");

    host.delete_by_hand("old.test");
    for program in ["list-features", "list-php-versions"] {
        host.uninstall(program);
    }
    let server = verify().await;
    assert_eq!((server.features, server.php_versions), (None, None), "the host cannot tell");
    assert_eq!(server.keeps_quotas, None, "nothing shows it any more");
}

#[tokio::test]
async fn wrong_credentials_are_reported_and_activate_nothing() {
    let world = World::new().await;
    let host = Simulator::start(Options::default()).await.unwrap();
    let server_id = world.register_with(&host, "wrong", |_| ()).await;
    let fault = world.failed(&VerifyServer { server_id }).await;
    assert_eq!(fault.kind, FaultKind::Refused, "{fault}");
    let server = world.server_row(server_id).await;
    assert_eq!(server.status, ServerStatus::Unverified);
    assert_eq!(server.status_reason, Some(fault.message));
}

#[tokio::test]
async fn a_certificate_other_than_the_pinned_one_is_reported_and_activates_nothing() {
    let world = World::new().await;
    let host = Simulator::start(Options::default()).await.unwrap();
    let other = Trust::Sha256Pin("0".repeat(64));
    let server_id =
        world.register_with(&host, host.password(), |server| server.trust = other).await;
    let fault = world.failed(&VerifyServer { server_id }).await;
    let server = world.server_row(server_id).await;
    assert_eq!(server.status, ServerStatus::Unverified);
    assert!(server.status_reason.as_ref().unwrap().contains("certificate"), "{fault}");
}

#[tokio::test]
async fn a_panel_that_another_tenant_verified_is_not_verified_again_and_goes_on() {
    let world = World::new().await;
    let host = Simulator::start(Options::default()).await.unwrap();
    let first = world.register_with(&host, host.password(), |_| ()).await;
    let tx = world.store.begin().await.unwrap();
    let other = tx.ensure_tenant("other").await.unwrap();
    tx.commit().await.unwrap();
    let second = world.register_with(&host, host.password(), |it| it.tenant_id = other).await;
    world.completed(&VerifyServer { server_id: first }).await;

    let order = VerifyServer { server_id: second };
    let job = world.file_job(&NewJob::of(other, &order, fixtures::origin())).await;
    let job = world.driven(job).await;
    let fault = job.fault.unwrap();
    assert_eq!((job.status, fault.kind), (JobStatus::Failed, FaultKind::Refused), "{fault}");
    assert!(fault.message.contains("the platform's owner can decide"), "{fault}");
    let [known, stranger] = [world.server_row(first).await, world.server_row(second).await];
    for told in [known.name, first.to_string()] {
        assert!(!fault.message.contains(&told), "{fault}");
    }
    assert_eq!((stranger.status, stranger.verified), (ServerStatus::Unverified, false));
    assert_eq!(stranger.status_reason, Some(fault.message));
    let known = world.server_row(first).await;
    assert_eq!((known.status, known.verified), (ServerStatus::Active, true));
    world.completed(&VerifyServer { server_id: first }).await;
}

#[tokio::test]
async fn a_server_that_a_person_set_aside_keeps_its_status() {
    let world = World::new().await;
    let host = Simulator::start(Options::default()).await.unwrap();
    let aside = |server: &mut Server| server.status = ServerStatus::Maintenance;
    let server_id = world.register_with(&host, host.password(), aside).await;
    world.completed(&VerifyServer { server_id }).await;
    assert_eq!(world.server_row(server_id).await.status, ServerStatus::Maintenance);
}

#[tokio::test]
async fn a_server_without_a_panel_is_refused_with_the_reason() {
    let world = World::new().await;
    for kind in [ServerKind::Bare, ServerKind::Bench] {
        let bare = Server {
            kind,
            url: None,
            status: ServerStatus::Unverified,
            ..fixtures::rows::server(world.tenant)
        };
        let server_id = world.insert_server(&bare, "root", "none").await;
        let fault = world.failed(&VerifyServer { server_id }).await;
        assert_eq!(fault.kind, FaultKind::Refused, "{fault}");
        assert!(fault.message.contains(kind.as_str()), "{fault}");
        assert_eq!(world.server_row(server_id).await.status, ServerStatus::Unverified);
    }
}
