//! The HTTP client that the stand-ins and their tests share.

use std::time::Duration;

/// A client with timeouts (2 s to connect, 30 s in all), no proxy and `ring` as its TLS provider.
///
/// # Panics
/// When the client cannot be built, which no input can cause.
#[must_use]
pub fn client() -> reqwest::Client {
    // reqwest panics without a default provider. A second installation is refused, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(2))
        .timeout(Duration::from_secs(30))
        .no_proxy()
        .build()
        .expect("a client without files or certificates of its own always builds")
}
