//! The HTTP client that the simulators and their tests share.

use std::time::Duration;

/// A client with timeouts (2 s to connect, 30 s in all), no proxy and `ring` as its TLS provider.
///
/// # Panics
/// If the client cannot be built, which no input can cause.
#[must_use]
pub fn client() -> reqwest::Client {
    // reqwest panics without a default provider. Installing one twice fails without harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(2))
        .timeout(Duration::from_secs(30))
        .no_proxy()
        .build()
        .expect("a client without files or certificates of its own always builds")
}
