//! Who the other side of a connection is, by the URI in its certificate.

use std::{fmt, sync::Arc};

use rustls_pki_types::CertificateDer;
use webpki::EndEntityCert;

/// The URIs in the certificate of a peer, such as `spiffe://praho/provisioning-worker`: as in SPIFFE, who somebody is
/// does not depend on where he runs. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity(Arc<[String]>);

impl Identity {
    /// The URIs in a certificate, which must have been verified before. An unreadable one has none.
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Self {
        let Ok(certificate) = EndEntityCert::try_from(certificate) else {
            return Self(Arc::default());
        };
        Self(certificate.valid_uri_names().map(str::to_owned).collect())
    }

    /// Whether one of the URIs is one of `allowed`, letter by letter.
    pub(crate) fn is_one_of(&self, allowed: &[String]) -> bool {
        self.0.iter().any(|uri| allowed.contains(uri))
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.first().map_or("a certificate without a URI", String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SanType};

    use super::*;

    fn identity(names: &[SanType]) -> Identity {
        let mut params = CertificateParams::default();
        params.subject_alt_names = names.to_vec();
        let key = KeyPair::generate().unwrap();
        Identity::of(params.self_signed(&key).unwrap().der())
    }

    #[test]
    fn is_named_by_its_uri_and_not_by_its_dns_name() {
        let uri = SanType::URI("spiffe://praho/drift-reconciler".try_into().unwrap());
        let dns = SanType::DnsName("reconciler.example".try_into().unwrap());
        let seen = identity(&[dns.clone(), uri]);
        assert_eq!(seen.to_string(), "spiffe://praho/drift-reconciler");
        assert!(seen.is_one_of(&["spiffe://praho/drift-reconciler".to_owned()]));
        assert!(!identity(&[dns]).is_one_of(&["reconciler.example".to_owned()]));
    }

    #[test]
    fn a_uri_that_only_begins_alike_is_another() {
        let uri = identity(&[SanType::URI("spiffe://praho/worker-2".try_into().unwrap())]);
        assert!(!uri.is_one_of(&["spiffe://praho/worker".to_owned()]));
        assert!(!identity(&[]).is_one_of(&[String::new()]));
        assert_eq!(identity(&[]).to_string(), "a certificate without a URI");
    }
}
