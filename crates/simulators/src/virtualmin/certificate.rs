//! The server's self-signed certificate, kept across restarts if there is a directory for it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};

/// A certificate with its key.
pub(super) struct Identity {
    /// The certificate in DER.
    pub(super) certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Identity {
    /// Reads the certificate in `directory`, or makes a new one and keeps it there.
    ///
    /// # Errors
    /// If it cannot be made, read or stored.
    pub(super) fn load(directory: Option<&Path>) -> Result<Self> {
        let Some(directory) = directory else { return Self::generate() };
        let (certificate, key) = (directory.join("certificate.der"), directory.join("key.der"));
        match (fs::read(&certificate), fs::read(&key)) {
            (Ok(certificate), Ok(key)) => Ok(Self { certificate, key }),
            _ => {
                let fresh = Self::generate()?;
                write_private(&key, &fresh.key)
                    .with_context(|| format!("writing {}", key.display()))?;
                fs::write(&certificate, &fresh.certificate)
                    .with_context(|| format!("writing {}", certificate.display()))?;
                Ok(fresh)
            }
        }
    }

    fn generate() -> Result<Self> {
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).context("making a certificate")?;
        Ok(Self { certificate: made.cert.der().to_vec(), key: made.signing_key.serialize_der() })
    }

    /// The fingerprint of the certificate: SHA-256 of its DER in lower-case hexadecimal.
    pub(super) fn sha256(&self) -> String {
        hex::encode(Sha256::digest(&self.certificate))
    }

    /// TLS settings for a server with this certificate.
    ///
    /// # Errors
    /// If the stored files are not a certificate and its key.
    pub(super) fn tls(&self) -> Result<Arc<ServerConfig>> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let certificate = CertificateDer::from(self.certificate.clone());
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .context("the certificate kept in the state directory is of no use; remove it")?;
        Ok(Arc::new(config))
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600).open(path)?.write_all(bytes)
}
