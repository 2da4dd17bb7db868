//! Tenants and tokens, and the isolation of tenants.

use model::{
    fault::{Fault, FaultKind},
    role::Role,
    server::ServerKind,
};
use store::{Store, page::Page};

use crate::world::{World, checked};

const SHA256: [u8; 32] = [7; 32];

#[tokio::test]
async fn ensuring_twice_makes_one_tenant_and_one_token() {
    let world = World::new().await;
    let tx = world.store.begin().await.unwrap();
    let tenant = tx.ensure_tenant("twice").await.unwrap();
    assert_eq!(tx.ensure_tenant("twice").await.unwrap(), tenant);
    let token = tx.ensure_token(tenant, "billing", SHA256).await.unwrap();
    assert_eq!(tx.ensure_token(tenant, "billing", SHA256).await.unwrap(), token);
    tx.commit().await.unwrap();

    let caller = world.store.caller(SHA256).await.unwrap().unwrap();
    assert_eq!((caller.token_id, caller.tenant_id), (token, tenant));
    assert_eq!(caller.token_name, "billing");
}

#[tokio::test]
async fn a_revoked_token_stays_revoked() {
    let world = World::new().await;
    let tx = world.store.begin().await.unwrap();
    tx.ensure_token(world.tenant, "billing", SHA256).await.unwrap();
    tx.commit().await.unwrap();
    world.meddle("UPDATE api_tokens SET revoked_at = now()").await.unwrap();
    let tx = world.store.begin().await.unwrap();
    tx.ensure_token(world.tenant, "billing", SHA256).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.store.caller(SHA256).await.unwrap(), None);
}

#[tokio::test]
async fn a_token_of_another_tenant_is_not_taken_over() {
    let world = World::new().await;
    let another = world.another_tenant().await;
    let tx = world.store.begin().await.unwrap();
    tx.ensure_token(another, "theirs", SHA256).await.unwrap();
    let refused = tx.ensure_token(world.tenant, "ours", SHA256).await.unwrap_err();
    assert!(refused.is_taken("api_tokens_sha256_key"), "{refused}");
}

#[tokio::test]
async fn a_name_that_is_no_label_is_refused() {
    let world = World::new().await;
    let tx = world.store.begin().await.unwrap();
    let fault = Fault::from(tx.ensure_tenant("Not A Label").await.unwrap_err());
    assert_eq!(fault.kind, FaultKind::Refused);
}

#[tokio::test]
async fn a_tenant_sees_only_its_own() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let account = world.account(server, "example.com").await;
    let service = world.store.account_by_id(account).await.unwrap().unwrap().service_id;
    let job = world.file(world.new_job()).await;
    let (store, all) = (&world.store, Page { size: 100, after: None });

    let counts = async |tenant| {
        [
            store.plans(tenant, all).await.unwrap().len(),
            store.plan(tenant, world.plan).await.unwrap().iter().len(),
            store.servers(tenant, all).await.unwrap().len(),
            store.server(tenant, server).await.unwrap().iter().len(),
            store.services(tenant, all).await.unwrap().len(),
            store.service(tenant, service).await.unwrap().iter().len(),
            store.accounts(tenant, None, all).await.unwrap().len(),
            store.account(tenant, account).await.unwrap().iter().len(),
            store.jobs(tenant, &Default::default(), all).await.unwrap().len(),
            store.job(tenant, job).await.unwrap().iter().len(),
            store
                .begin()
                .await
                .unwrap()
                .placement_candidates(tenant, ServerKind::Virtualmin)
                .await
                .unwrap()
                .len(),
        ]
    };
    assert_eq!(counts(world.tenant).await, [1; 11]);
    assert_eq!(counts(world.another_tenant().await).await, [0; 11]);
}

#[tokio::test]
async fn migrating_again_changes_nothing_and_the_schema_is_known() {
    let world = World::new().await;
    let migrate = async || world.store.migrate().await.unwrap();
    tokio::join!(migrate(), migrate(), migrate());
    world.store.ping().await.unwrap();
    world.meddle("DELETE FROM _sqlx_migrations").await.unwrap();
    let outdated = Fault::from(world.store.ping().await.unwrap_err());
    assert_eq!(outdated.kind, FaultKind::Unavailable);
    assert!(outdated.cause.unwrap().contains("run praho-migrate first"));
}

#[tokio::test]
async fn a_missing_database_is_unavailable() {
    let url = format!("postgres://nobody:x@127.0.0.1:{}/none", testkit::free_port());
    let store = Store::connect(&url, 1).await.unwrap();
    let fault = Fault::from(store.ping().await.unwrap_err());
    assert_eq!(fault.kind, FaultKind::Unavailable);
}

#[tokio::test]
async fn a_token_has_a_role_and_may_expire() {
    let world = World::new().await;
    let tx = world.store.begin().await.unwrap();
    tx.ensure_token(world.tenant, "billing", SHA256).await.unwrap();
    tx.commit().await.unwrap();
    let caller = world.store.caller(SHA256).await.unwrap().unwrap();
    assert_eq!((caller.role, caller.platform), (Role::Owner, false));
    assert_eq!(world.store.ended_token(SHA256).await.unwrap(), None);

    world
        .meddle("UPDATE api_tokens SET role = 'viewer', expires_at = now() + interval '1 hour'")
        .await
        .unwrap();
    let tx = world.store.begin().await.unwrap();
    tx.make_platform(world.tenant).await.unwrap();
    tx.commit().await.unwrap();
    let caller = world.store.caller(SHA256).await.unwrap().unwrap();
    assert_eq!((caller.role, caller.platform), (Role::Viewer, true));

    let expire = "UPDATE api_tokens SET created_at = now() - interval '2 hours', expires_at = now() - interval '1 hour'";
    world.meddle(expire).await.unwrap();
    assert_eq!(world.store.caller(SHA256).await.unwrap(), None);
    let ended = world.store.ended_token(SHA256).await.unwrap();
    assert_eq!(ended, Some((world.tenant, caller.token_id)));
}

#[tokio::test]
async fn the_database_knows_four_roles_and_no_expiry_in_the_past() {
    let world = World::new().await;
    let tx = world.store.begin().await.unwrap();
    tx.ensure_token(world.tenant, "billing", SHA256).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        world.refusal("UPDATE api_tokens SET role = 'root'").await,
        checked("api_tokens_role_check")
    );
    assert_eq!(
        world.refusal("UPDATE api_tokens SET expires_at = created_at").await,
        checked("api_tokens_expiry")
    );
}
