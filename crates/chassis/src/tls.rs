//! TLS: who is trusted as a server (the system's roots, given roots, one pin, or anyone), and the files of our own
//! certificates.

use std::sync::Arc;

use rustls::{
    CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore,
    SignatureScheme, WantsVerifier,
    client::WantsClientCert,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use sha2::{Digest, Sha256};
use thiserror::Error;

mod files;
mod identity;
mod kept;

pub use files::{ClientFiles, FileProblem, Pair, Part, ServerFiles};
pub use identity::Identity;
pub(crate) use kept::Kept;

/// The trusted certificates.
#[derive(Clone, Debug)]
pub enum Trust {
    /// The one certificate whose DER has this SHA-256, for panels with self-signed certificates; names and
    /// dates do not count.
    Pin([u8; 32]),
    /// Certificates under one of these roots (DER) that are valid now and for the requested name.
    Ca(Vec<CertificateDer<'static>>),
    /// Certificates under one of the operating system's roots that are valid now and for the requested name.
    NativeRoots,
    /// Any certificate whose key the peer has. It proves nothing about the peer, so nothing secret may be sent.
    Anyone,
}

/// Why a TLS configuration could not be made.
#[derive(Debug, Error)]
pub enum Problem {
    /// The text of a pin is not 32 bytes in hex.
    #[error("a pin is the SHA-256 of the certificate: 64 hex digits, colons allowed")]
    Pin,
    /// There is no usable root.
    #[error("no usable CA certificate: install ca-certificates or name a CA file")]
    NoRoots,
    /// The TLS library refused.
    #[error("TLS configuration refused: {0}")]
    Refused(#[from] rustls::Error),
}

/// Makes the process use `ring`; without it, clients without a provider of their own panic.
pub fn install_provider() {
    // An error means that a provider is already installed, which is just as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Reads a pin as `openssl x509 -fingerprint -sha256` prints it: hex in either case, with or
/// without colons.
///
/// # Errors
/// [`Problem::Pin`] unless it is 32 bytes.
pub fn parse_pin(text: &str) -> Result<[u8; 32], Problem> {
    let digits: Vec<u8> = text.trim().bytes().filter(|&byte| byte != b':').collect();
    let mut pin = [0; 32];
    hex::decode_to_slice(digits, &mut pin).map_err(|_| Problem::Pin)?;
    Ok(pin)
}

/// The fingerprint of a certificate: the SHA-256 of its DER in lower-case hex.
pub fn fingerprint(certificate: &[u8]) -> String {
    hex::encode(pin_of(certificate))
}

/// The pin of a certificate: the SHA-256 of its DER.
fn pin_of(certificate: &[u8]) -> [u8; 32] {
    Sha256::digest(certificate).into()
}

/// A client configuration that trusts only `trust`, speaks TLS 1.2 or 1.3, and offers no ALPN (set
/// `alpn_protocols` if the protocol needs one).
///
/// # Errors
/// [`Problem::NoRoots`] if there is nothing to trust, [`Problem::Refused`] from the TLS library.
pub fn client_config(trust: Trust) -> Result<ClientConfig, Problem> {
    Ok(trusting(trust)?.with_no_client_auth())
}

/// The same, before it is said which certificate the client itself shows.
fn trusting(trust: Trust) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Problem> {
    let crypto = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(crypto.clone())
        .with_safe_default_protocol_versions()?;
    Ok(match trust {
        Trust::Pin(pin) => by_key(builder, Some(pin), crypto),
        Trust::Anyone => by_key(builder, None, crypto),
        Trust::Ca(certificates) => builder.with_root_certificates(roots(certificates)?),
        Trust::NativeRoots => {
            builder.with_root_certificates(roots(rustls_native_certs::load_native_certs().certs)?)
        }
    })
}

fn by_key(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    pin: Option<[u8; 32]>,
    crypto: Arc<CryptoProvider>,
) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    builder.dangerous().with_custom_certificate_verifier(Arc::new(ByKey { pin, crypto }))
}

/// A store of the readable certificates; some systems have a few that are not.
fn roots(certificates: Vec<CertificateDer<'static>>) -> Result<RootCertStore, Problem> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(certificates);
    if store.is_empty() { Err(Problem::NoRoots) } else { Ok(store) }
}

/// Accepts the pinned certificate, or any if none is pinned, whatever its contents.
#[derive(Debug)]
struct ByKey {
    pin: Option<[u8; 32]>,
    crypto: Arc<CryptoProvider>,
}

impl ServerCertVerifier for ByKey {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.pin.is_none_or(|pin| pin_of(certificate) == pin) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    // The certificate is public, so it proves nothing unless the peer signs with its key.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.crypto.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.crypto.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.crypto.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_pin_with_and_without_colons() {
        let plain = "0F".repeat(32);
        let colons = vec!["0f"; 32].join(":");
        assert_eq!(parse_pin(&plain).unwrap(), [15; 32]);
        assert_eq!(parse_pin(&colons).unwrap(), [15; 32]);
    }

    #[test]
    fn refuses_a_pin_that_is_short_or_not_hex() {
        for text in ["", "0f", &"0g".repeat(32), &"0f".repeat(33), &"+f".repeat(32)] {
            assert!(matches!(parse_pin(text), Err(Problem::Pin)), "{text}");
        }
    }

    #[test]
    fn refuses_an_empty_set_of_roots() {
        assert!(matches!(client_config(Trust::Ca(Vec::new())), Err(Problem::NoRoots)));
    }
}
