//! Registrations of a panel that another tenant has verified: accepted, called one at a time, and never verified.

use std::time::Duration;

use model::{
    ids::{ServerId, TenantId},
    server::{Server, ServerStatus},
};

use crate::world::{LEASE, World, credentials};

const URL: &str = "https://vm1.example.net:10000";
const PAUSE: Duration = Duration::from_secs(300);

impl World {
    /// A server of another tenant with the URL of `vm1`, not verified.
    async fn stranger(&self) -> ServerId {
        self.stranger_of(self.another_tenant().await).await
    }

    async fn stranger_of(&self, tenant_id: TenantId) -> ServerId {
        let server = Server {
            tenant_id,
            name: testkit::unique("vm"),
            verified: false,
            status: ServerStatus::Unverified,
            ..self.new_server("vm1", 10)
        };
        let tx = self.store.begin().await.unwrap();
        tx.insert_server(&server, &credentials()).await.unwrap();
        tx.commit().await.unwrap();
        server.id
    }

    async fn may_call(&self, id: ServerId) -> bool {
        self.store.take_stranger_call(id, URL, LEASE).await.unwrap().is_none()
    }
}

#[tokio::test]
async fn a_url_counts_over_all_tenants_once_it_was_verified() {
    let world = World::new().await;
    let stranger = world.stranger().await;
    let known = world.server("vm1", 10).await;
    let row = world.store.server_by_id(stranger).await.unwrap().unwrap();
    assert!(!row.verified && world.store.server_by_id(known).await.unwrap().unwrap().verified);

    let tx = world.store.begin().await.unwrap();
    let error = tx.set_server_verified(stranger, URL).await.unwrap_err();
    assert!(error.is_taken("servers_url_key"), "{error}");
    let tx = world.store.begin().await.unwrap();
    assert!(!tx.set_server_verified(stranger, "https://elsewhere.example.net").await.unwrap());
    tx.set_server_not_verified(known).await.unwrap();
    assert!(tx.set_server_verified(stranger, URL).await.unwrap(), "the first gave it up");
}

#[tokio::test]
async fn another_url_is_not_verified() {
    let world = World::new().await;
    let id = world.server("vm1", 10).await;
    let read = async || world.store.server_by_id(id).await.unwrap().unwrap();
    let change = async |server: &Server| {
        let tx = world.store.begin().await.unwrap();
        tx.update_server(server, None, None).await.unwrap();
        tx.commit().await.unwrap();
    };
    change(&Server { capacity: 11, ..read().await }).await;
    assert!(read().await.verified);
    // Whatever the caller says of another URL.
    change(&Server { url: Some("https://vm2.example.net:10000".to_owned()), ..read().await }).await;
    assert!(!read().await.verified);
    let drained = Server { status: ServerStatus::Draining, ..read().await }.unverified();
    assert_eq!(drained.status, ServerStatus::Draining, "a person has set it");
    assert_eq!(read().await.unverified().status, ServerStatus::Unverified);
}

#[tokio::test]
async fn strangers_take_turns_at_a_verified_panel_and_wait_after_a_refusal() {
    let world = World::new().await;
    let (one, other) =
        (world.stranger().await, world.stranger_of(world.tenant_named("third").await).await);
    assert!(world.may_call(one).await && world.may_call(other).await, "nobody's panel is harmed");
    world.server("vm1", 10).await;
    assert!(
        world.may_call(one).await && world.may_call(one).await,
        "a verification asks several times"
    );
    assert!(!world.may_call(other).await);
    world.store.stranger_refused(other, URL, PAUSE).await.unwrap();
    assert!(world.may_call(one).await, "it is the turn of the first");
    world.store.stranger_refused(one, URL, PAUSE).await.unwrap();
    assert!(!world.may_call(one).await && !world.may_call(other).await);
    let wait = world.store.take_stranger_call(one, URL, LEASE).await.unwrap().unwrap();
    assert!((Duration::from_secs(200)..=PAUSE).contains(&wait), "{wait:?}");
    world.meddle("UPDATE server_pace SET stranger_until = now()").await.unwrap();
    assert!(world.may_call(other).await && !world.may_call(one).await);
}
