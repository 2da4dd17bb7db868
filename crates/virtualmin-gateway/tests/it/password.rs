//! Tests of setting the password of a virtual server's user.

use contracts::gateway::v1;
use model::{
    fault::{Effect, Fault, FaultKind},
    fence::Change,
    ids::JobId,
    password::{Place, Source},
};
use simulators::virtualmin::{Fault as PanelFault, FaultKind as Wrong};

use crate::setup::{ACCOUNT_PASSWORD, World, answer, verdict};

impl World {
    /// Sets a pending password on the host.
    pub(crate) async fn set_password(
        &self,
        domain: &str,
        password: &str,
    ) -> Result<v1::Domain, Fault> {
        let sealed =
            self.company.keyring.seal(&self.account.password_context(), password.as_bytes());
        let tx = self.company.store.begin().await.unwrap();
        let job = JobId::generate();
        tx.set_pending_password(self.account, job, &sealed, Source::Given).await.unwrap();
        tx.commit().await.unwrap();
        self.set_password_at(domain, Place::Pending).await
    }

    async fn set_password_at(&self, domain: &str, place: Place) -> Result<v1::Domain, Fault> {
        self.may(Change::SetPassword).await;
        let request = v1::SetDomainPasswordRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: domain.to_owned(),
            marker: self.marker(),
            account_id: self.account.to_string(),
            place: place.as_str().to_owned(),
        };
        answer(self.client.clone().set_domain_password(request).await)
    }

    fn password(&self) -> Option<String> {
        self.simulator.password_of("shop.example")
    }
}

#[tokio::test]
async fn sets_a_pending_password_and_the_accounts_own_again_and_leaves_the_limits() {
    let world = World::new().await;
    let before = world.shop().await;
    for hashes in [true, false] {
        world.simulator.hash_passwords(hashes);
        for _ in 0..2 {
            let domain = world.set_password("shop.example", "an0ther \"Passw0rd\" : x").await;
            assert_eq!(domain.unwrap().quota, before.quota);
            assert_eq!(world.password().as_deref(), Some("an0ther \"Passw0rd\" : x"));
        }
        world.set_password_at("shop.example", Place::Current).await.unwrap();
        assert_eq!(world.password().as_deref(), Some(ACCOUNT_PASSWORD));
    }
}

#[tokio::test]
async fn a_success_without_effect_is_found_out() {
    for hashes in [true, false] {
        let world = World::new().await;
        world.shop().await;
        world.simulator.hash_passwords(hashes);
        world.simulator.inject("modify-domain", PanelFault::once(Wrong::SuccessWithoutEffect));
        let refused = world.set_password("shop.example", "an0ther-Passw0rd").await;
        assert_eq!(verdict(refused), (FaultKind::Protocol, Effect::Unknown), "{hashes}");
        assert_eq!(world.password().as_deref(), Some(ACCOUNT_PASSWORD));
    }
}

#[tokio::test]
async fn a_foreign_or_missing_virtual_server_is_left_unchanged() {
    let world = World::new().await;
    let missing = world.set_password("shop.example", "an0ther-Passw0rd").await;
    assert_eq!(verdict(missing), (FaultKind::NotFound, Effect::NotApplied));
    world.simulator.create_by_hand("shop.example", "shop");
    let foreign = world.set_password("shop.example", "an0ther-Passw0rd").await;
    assert_eq!(verdict(foreign), (FaultKind::Conflict, Effect::NotApplied));
    assert_eq!(world.simulator.calls("modify-domain"), 0);
}

#[tokio::test]
async fn one_that_is_switched_off_gets_it_unless_its_databases_would_be_opened() {
    let world = World::new().await;
    world.shop().await;
    assert!(world.simulator.disable_by_hand("shop.example"));
    world.set_password("shop.example", "an0ther-Passw0rd").await.unwrap();
    assert_eq!(world.password().as_deref(), Some("an0ther-Passw0rd"));
    assert!(world.simulator.domain("shop.example").unwrap().disabled.is_some());

    let calls = world.simulator.calls("modify-domain");
    assert!(world.simulator.edit("shop.example", |it| it.features.push("mysql".to_owned())));
    let refused = world.set_password("shop.example", "th1rd-Passw0rd").await;
    assert_eq!(verdict(refused), (FaultKind::Refused, Effect::NotApplied));
    assert_eq!(world.simulator.calls("modify-domain"), calls);
}

#[tokio::test]
async fn without_a_password_in_the_rows_nothing_is_called() {
    let world = World::new().await;
    world.shop().await;
    let calls = world.simulator.calls("list-domains");
    let missing = world.set_password_at("shop.example", Place::Pending).await;
    assert_eq!(verdict(missing), (FaultKind::Internal, Effect::NotApplied));
    let good = v1::SetDomainPasswordRequest {
        server_id: world.server.to_string(),
        fence: Some(world.fence.clone()),
        domain: "shop.example".to_owned(),
        marker: world.marker(),
        account_id: world.account.to_string(),
        place: "current".to_owned(),
    };
    for (field, wrong) in [
        ("account_id", v1::SetDomainPasswordRequest { account_id: "x".to_owned(), ..good.clone() }),
        ("place", v1::SetDomainPasswordRequest { place: "next".to_owned(), ..good.clone() }),
        ("fence", v1::SetDomainPasswordRequest { fence: None, ..good.clone() }),
    ] {
        let fault = answer(world.client.clone().set_domain_password(wrong).await).unwrap_err();
        assert_eq!(fault.violations[0].field, field);
    }
    assert_eq!(world.simulator.calls("list-domains"), calls);
}
