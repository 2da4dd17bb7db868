//! The HTTP client that the simulators and their tests share.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

/// A client with timeouts (2 s to connect, 30 s in all), no proxy and `ring` as its TLS provider.
///
/// # Panics
/// If the client cannot be built, which no input can cause.
#[must_use]
pub fn client() -> reqwest::Client {
    builder().build().expect("a client without files or certificates of its own always builds")
}

/// The same client, which trusts the certificates of the CA in this PEM file and no others.
///
/// # Errors
/// A file that cannot be read or is no certificate.
pub fn client_of(ca_file: &Path) -> Result<reqwest::Client> {
    let wrong = || format!("the CA file {}", ca_file.display());
    let pem = std::fs::read(ca_file).with_context(wrong)?;
    let roots = reqwest::Certificate::from_pem_bundle(&pem).with_context(wrong)?;
    // A handshake takes seconds in an unoptimized build on a machine that compiles at the same time.
    Ok(builder().connect_timeout(Duration::from_secs(10)).tls_certs_only(roots).build()?)
}

fn builder() -> reqwest::ClientBuilder {
    // reqwest panics without a default provider. Installing one twice fails without harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(2))
        .timeout(Duration::from_secs(30))
        .no_proxy()
}
