//! The certificates of sites: each site has one of its own, which it signed itself.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::page::site_of;
use crate::virtualmin::shared::Shared;

/// The certificates so far, by domain.
pub(super) struct Certificates {
    shared: Arc<Shared>,
    made: Mutex<BTreeMap<String, Arc<CertifiedKey>>>,
}

impl Certificates {
    /// TLS settings for the sites' server.
    ///
    /// # Errors
    /// If the TLS library refuses them.
    pub(super) fn tls(shared: &Arc<Shared>) -> Result<Arc<ServerConfig>> {
        let own = Self { shared: Arc::clone(shared), made: Mutex::default() };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .context("TLS of the sites")?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(own));
        Ok(Arc::new(config))
    }

    /// The certificate of the site that answers for `name`, or of the machine without sites.
    fn of(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let domain = {
            let host = self.shared.host();
            let site = site_of(&host.world, name, true);
            site.map_or_else(|| host.world.machine.hostname.clone(), |it| it.domain.clone())
        };
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.get(&domain) {
            return Some(Arc::clone(known));
        }
        let fresh = Arc::new(certificate(&domain).ok()?);
        made.insert(domain, Arc::clone(&fresh));
        Some(fresh)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.of(hello.server_name().unwrap_or_default())
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").finish_non_exhaustive()
    }
}

fn certificate(domain: &str) -> Result<CertifiedKey> {
    let made = rcgen::generate_simple_self_signed([domain.to_owned()])?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let key = rustls::crypto::ring::sign::any_supported_type(&key)?;
    Ok(CertifiedKey::new(vec![CertificateDer::from(made.cert.der().to_vec())], key))
}
