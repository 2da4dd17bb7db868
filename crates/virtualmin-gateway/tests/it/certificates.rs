//! Tests of certificates of websites.

use contracts::gateway::v1::{self, certificates_client::CertificatesClient};
use model::{
    fault::{Effect, Fault, FaultKind},
    fence::Change,
};
use simulators::virtualmin::{Fault as Wrong, FaultKind as WrongKind};

use crate::setup::{SHOP, World, answer, verdict};

struct Pair {
    certificate: String,
    private_key: String,
}

fn pair() -> Pair {
    let made = rcgen::generate_simple_self_signed([SHOP.to_owned()]).unwrap();
    Pair { certificate: made.cert.pem(), private_key: made.signing_key.serialize_pem() }
}

impl World {
    async fn secure_shop(&self) {
        let features = ["web", "ssl"].map(str::to_owned).to_vec();
        let order = v1::CreateDomainRequest { features, ..self.order(SHOP, "shop") };
        self.create(order).await.unwrap();
        self.may(Change::Certificates).await;
    }

    fn certificates(&self) -> CertificatesClient<tonic::transport::Channel> {
        CertificatesClient::new(self.channel.clone())
    }

    async fn certificate(&self) -> Result<v1::Certificate, Fault> {
        let (server_id, domain) = (self.server.to_string(), SHOP.to_owned());
        let request = v1::GetCertificateRequest { server_id, domain };
        answer(self.certificates().get_certificate(request).await)
    }

    async fn install(&self, pair: &Pair) -> Result<v1::Certificate, Fault> {
        let request = v1::InstallCertificateRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            certificate: pair.certificate.clone(),
            private_key: pair.private_key.clone(),
            chain: String::new(),
        };
        answer(self.certificates().install_certificate(request).await)
    }

    async fn request(&self, valid_until: i64) -> Result<v1::Certificate, Fault> {
        let request = v1::RequestCertificateRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            names: vec![SHOP.to_owned()],
            valid_until_unix_seconds: valid_until,
        };
        answer(self.certificates().request_certificate(request).await)
    }

    async fn sign(&self) -> Result<v1::Certificate, Fault> {
        let request = v1::SignCertificateRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            names: vec![SHOP.to_owned()],
            days: Some(30),
        };
        answer(self.certificates().sign_certificate(request).await)
    }
}

#[tokio::test]
async fn the_panel_signs_a_new_certificate_each_time() {
    let world = World::new().await;
    world.secure_shop().await;
    let first = world.certificate().await.unwrap();
    assert!(first.self_signed && first.not_after_unix_seconds > 0);
    let second = world.sign().await.unwrap();
    assert_ne!(second.pem, first.pem);
    assert_eq!(second.names, [format!("*.{SHOP}"), SHOP.to_owned()]);
    assert!(second.not_after_unix_seconds < first.not_after_unix_seconds);
    world.simulator.inject("generate-cert", Wrong::once(WrongKind::LostAfterEffect));
    let third = world.sign().await.unwrap();
    assert_ne!(third.pem, second.pem);
    world.simulator.inject("generate-cert", Wrong::once(WrongKind::SuccessWithoutEffect));
    assert_eq!(verdict(world.sign().await), (FaultKind::Protocol, Effect::Unknown));
}

#[tokio::test]
async fn an_installed_certificate_arrives_with_its_key_and_is_not_installed_twice() {
    let world = World::new().await;
    world.secure_shop().await;
    let pair = pair();
    for _ in 0..2 {
        let installed = world.install(&pair).await.unwrap();
        assert_eq!(installed.names, [SHOP]);
        assert_eq!(installed.pem.trim(), pair.certificate.replace('\r', "").trim());
    }
    assert_eq!(world.simulator.calls("install-cert"), 1);
    let key = world.simulator.private_key(SHOP).unwrap();
    assert_eq!(key.trim(), pair.private_key.replace('\r', "").trim());
    let told = format!("{:?}{:?}", world.simulator.effects(), world.certificate().await.unwrap());
    assert!(!told.contains("PRIVATE KEY"), "{told}");
}

#[tokio::test]
async fn a_key_of_another_certificate_and_what_is_no_certificate_are_refused() {
    let world = World::new().await;
    world.secure_shop().await;
    let mixed = Pair { private_key: pair().private_key, ..pair() };
    let refused = world.install(&mixed).await.unwrap_err();
    assert_eq!((refused.kind, refused.effect), (FaultKind::Refused, Effect::NotApplied));
    assert!(refused.message.contains("do not match"), "{refused}");
    for (bad, field) in [
        (Pair { certificate: "/etc/shadow".to_owned(), ..pair() }, "certificate"),
        (Pair { certificate: pair().private_key, ..pair() }, "certificate"),
        (Pair { private_key: "/etc/shadow".to_owned(), ..pair() }, "key"),
    ] {
        let fault = world.install(&bad).await.unwrap_err();
        assert_eq!(fault.violations[0].field, field, "{fault}");
        assert!(!format!("{fault:?}").contains("PRIVATE KEY"), "{fault:?}");
    }
    assert_eq!(world.simulator.calls("install-cert"), 1);
}

#[tokio::test]
async fn an_authority_is_asked_only_if_the_certificate_does_not_last() {
    let world = World::new().await;
    world.secure_shop().await;
    let unresolved = world.request(1).await.unwrap_err();
    assert_eq!((unresolved.kind, unresolved.effect), (FaultKind::Refused, Effect::NotApplied));
    assert!(unresolved.message.contains("DNS"), "{unresolved}");
    world.simulator.set_authority(Some("Test CA"));
    let issued = world.request(1).await.unwrap();
    assert_eq!((issued.issuer.as_str(), issued.self_signed), ("Test CA", false));
    assert_eq!(world.simulator.calls("generate-acme-cert"), 2);
    assert_eq!(world.request(issued.not_after_unix_seconds).await.unwrap(), issued);
    assert_eq!(world.simulator.calls("generate-acme-cert"), 2);
    let later = world.request(issued.not_after_unix_seconds + 1).await.unwrap();
    assert_ne!(later.pem, issued.pem);
    world.simulator.uninstall("generate-acme-cert");
    assert_ne!(world.request(0).await.unwrap().pem, later.pem);
    assert_eq!(world.simulator.calls("generate-letsencrypt-cert"), 1);
}

#[tokio::test]
async fn a_virtual_server_without_a_certificate_and_a_stranger_are_told_apart() {
    let world = World::new().await;
    world.shop().await;
    world.may(Change::Certificates).await;
    assert_eq!(verdict(world.certificate().await).0, FaultKind::NotFound);
    assert!(world.install(&pair()).await.is_ok(), "the first certificate may come from elsewhere");

    let world = World::new().await;
    world.simulator.create_by_hand(SHOP, "shop");
    world.may(Change::Certificates).await;
    let refused = world.sign().await;
    assert_eq!(verdict(refused), (FaultKind::Conflict, Effect::NotApplied));
    assert!(world.simulator.effects().is_empty());
}
