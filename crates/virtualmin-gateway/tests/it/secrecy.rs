//! No log line, span, error or answer shows a password, even at the most detailed log level.

use std::{
    io,
    sync::{Arc, Mutex},
};

use contracts::gateway::v1::{
    self, backups_client::BackupsClient, certificates_client::CertificatesClient,
};
use model::fence::Change;
use simulators::virtualmin::{Fault, FaultKind as Wrong};
use tracing_subscriber::{filter::LevelFilter, fmt::format::FmtSpan, layer::SubscriberExt};

use crate::setup::{ACCOUNT_PASSWORD, World, answer};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_password_is_ever_logged_or_returned() {
    let log = Log::default();
    let writer = log.clone();
    let layer = tracing_subscriber::fmt::layer()
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone());
    let subscriber = tracing_subscriber::registry().with(LevelFilter::TRACE).with(layer);
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let world = World::without_rest().await;
    let mut told = String::new();
    // The panel echoes an unknown argument, which may be a password.
    for error in [
        format!("Unknown parameter {ACCOUNT_PASSWORD}"),
        format!("Odd: {ACCOUNT_PASSWORD} {}", world.simulator.password()),
        format!("Beginning server creation ..\n.. setting {ACCOUNT_PASSWORD} failed\n"),
    ] {
        world.simulator.inject("create-domain", Fault::once(Wrong::Failure { error }));
        let fault = world.create(world.order("shop.example", "shop")).await.unwrap_err();
        told.push_str(&format!("{fault:?}"));
    }
    told.push_str(&format!("{:?}", world.shop().await));
    told.push_str(&with_a_key_and_a_login(&world).await);
    for hashes in [true, false] {
        world.simulator.hash_passwords(hashes);
        let set = world.set_password("shop.example", "an0ther-Passw0rd").await;
        told.push_str(&format!("{:?}", set.unwrap()));
    }
    let error = "Unknown parameter th1rd-Passw0rd".to_owned();
    world.simulator.inject("modify-domain", Fault::once(Wrong::Failure { error }));
    let fault = world.set_password("shop.example", "th1rd-Passw0rd").await.unwrap_err();
    told.push_str(&format!("{fault:?}"));
    world.simulator.inject("modify-domain", Fault::once(Wrong::SuccessWithoutEffect));
    let fault = world.set_password("shop.example", "th1rd-Passw0rd").await.unwrap_err();
    told.push_str(&format!("{fault:?}"));
    // The program prints the password that it has set.
    world.simulator.edit("shop.example", |it| it.features.push("mysql".to_owned()));
    world.set_database_password("d4tabase-Passw0rd").await.unwrap();
    world.simulator.inject("modify-database-pass", Fault::once(Wrong::SuccessWithoutEffect));
    let fault = world.set_database_password("d5tabase-Passw0rd").await.unwrap_err();
    told.push_str(&format!("{fault:?}"));
    assert!(!world.login_link().await.unwrap().is_empty());
    let session = world.simulator.sessions().remove(0);
    told.push_str(&format!("{:?}", world.list().await.unwrap()));
    told.push_str(&format!("{:?}", world.get("shop.example").await.unwrap()));

    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(log.contains("create-domain") && log.contains("shop.example"), "nothing was logged");
    let basic = format!("{}:{}", world.simulator.username(), world.simulator.password());
    let encoded: String = form_urlencoded::byte_serialize(ACCOUNT_PASSWORD.as_bytes()).collect();
    let secrets = [
        ACCOUNT_PASSWORD,
        "acc0unt-Pa55word",
        "an0ther-Passw0rd",
        "th1rd-Passw0rd",
        "d4tabase-Passw0rd",
        "d5tabase-Passw0rd",
        world.simulator.password(),
        &session,
        &base64_of(&basic),
        &encoded,
        "k3yk3yk3yk3y",
        "s3cret-l0gin",
    ];
    for secret in secrets {
        for (place, text) in [("log", &log), ("answers", &told)] {
            let line = text.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "{secret} is in the {place}: {line:?}");
        }
    }
}

/// What is told of a private key and of the login of a backup's destination, whole or in part.
async fn with_a_key_and_a_login(world: &World) -> String {
    let (server_id, fence) = (world.server.to_string(), Some(world.fence.clone()));
    let (domain, marker) = ("shop.example".to_owned(), world.marker());
    let made = rcgen::generate_simple_self_signed([domain.clone()]).unwrap();
    let install = v1::InstallCertificateRequest {
        server_id: server_id.clone(),
        fence: fence.clone(),
        domain: domain.clone(),
        marker: marker.clone(),
        certificate: made.cert.pem(),
        private_key: "-----BEGIN PRIVATE KEY-----\nk3yk3yk3yk3y\n-----END PRIVATE KEY-----"
            .to_owned(),
        chain: String::new(),
    };
    let back_up = v1::BackUpDomainRequest {
        server_id,
        fence,
        domain,
        marker,
        destination: "ssh://praho:s3cret-l0gin@vault.example:/a".to_owned(),
        ..v1::BackUpDomainRequest::default()
    };
    for (program, error) in [
        ("install-cert", "Line 2 is bad: k3yk3yk3yk3y"),
        ("backup-domain", "Login of praho with s3cret-l0gin failed"),
        ("backup-domain", "Destination ssh://praho:s3cret-l0gin@vault.example:/a is invalid"),
    ] {
        let error = error.to_owned();
        world.simulator.inject(program, Fault::once(Wrong::Failure { error }));
    }
    let mut told = String::new();
    world.may(Change::Certificates).await;
    let mut client = CertificatesClient::new(world.channel.clone());
    told.push_str(&format!("{:?}", answer(client.install_certificate(install).await).unwrap_err()));
    world.may(Change::Backups).await;
    let mut client = BackupsClient::new(world.channel.clone());
    for _ in 0..2 {
        let fault = answer(client.back_up_domain(back_up.clone()).await).unwrap_err();
        told.push_str(&format!("{fault:?}"));
    }
    let made = answer(client.back_up_domain(back_up).await).unwrap();
    told.push_str(&format!("{made:?}"));
    told
}

fn base64_of(text: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(text)
}
