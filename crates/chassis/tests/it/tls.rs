//! Tests of pins and roots against a real TLS server.

use std::sync::Arc;

use chassis::tls::{Trust, client_config};
use rcgen::{CertificateParams, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use sha2::{Digest, Sha256};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// The pin of a certificate: the SHA-256 of its DER.
fn pin_of(certificate: &[u8]) -> [u8; 32] {
    Sha256::digest(certificate).into()
}

struct Identity {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

fn self_signed(name: &str) -> Identity {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    Identity { certificate: params.self_signed(&key).unwrap().der().clone(), key }
}

/// Whether a client with `trust` connects to a server that shows `certificate` and signs with `key`.
async fn connects(trust: Trust, certificate: CertificateDer<'static>, key: &KeyPair) -> bool {
    chassis::tls::install_provider();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = rustls::crypto::ring::default_provider();
    let signing = provider.key_provider.load_private_key(key).unwrap();
    // Built by hand, because the ready-made resolver refuses a key that does not fit the certificate.
    let shown = rustls::sign::CertifiedKey::new(vec![certificate], signing);
    let resolver = rustls::sign::SingleCertAndKey::from(shown);
    let config =
        ServerConfig::builder().with_no_client_auth().with_cert_resolver(Arc::new(resolver));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        TlsAcceptor::from(Arc::new(config)).accept(stream).await.map(drop)
    });
    let connector = TlsConnector::from(Arc::new(client_config(trust).unwrap()));
    let stream = TcpStream::connect(address).await.unwrap();
    connector.connect(ServerName::try_from("panel.example").unwrap(), stream).await.is_ok()
}

#[tokio::test]
async fn a_pin_accepts_its_certificate_under_any_name() {
    let Identity { certificate, key } = self_signed("localhost");
    assert!(connects(Trust::Pin(pin_of(&certificate)), certificate, &key).await);
}

#[tokio::test]
async fn a_pin_refuses_any_other_certificate_even_for_the_right_name() {
    let Identity { certificate, key } = self_signed("panel.example");
    assert!(!connects(Trust::Pin([7; 32]), certificate, &key).await);
}

#[tokio::test]
async fn a_pin_refuses_a_server_with_the_certificate_but_without_its_key() {
    let Identity { certificate, .. } = self_signed("panel.example");
    let thief = KeyPair::generate().unwrap();
    assert!(!connects(Trust::Pin(pin_of(&certificate)), certificate, &thief).await);
}

#[tokio::test]
async fn a_root_accepts_what_it_issued_for_the_name_asked_and_nothing_else() {
    let root_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = params.self_signed(&root_key).unwrap().der().clone();
    let issuer = Issuer::new(params, root_key);
    for (name, accepted) in [("panel.example", true), ("other.example", false)] {
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &issuer).unwrap().der().clone();
        assert_eq!(connects(Trust::Ca(vec![root.clone()]), leaf, &key).await, accepted, "{name}");
    }
}

#[tokio::test]
async fn anyone_is_accepted_who_has_the_key_of_the_certificate() {
    let Identity { certificate, key } = self_signed("elsewhere.example");
    assert!(connects(Trust::Anyone, certificate.clone(), &key).await);
    assert!(!connects(Trust::Anyone, certificate, &self_signed("thief.example").key).await);
}
