//! The certificates of virtual servers, which the panel keeps in files.

use anyhow::{Context, Result, ensure};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PublicKeyData as _,
};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use time::{Duration, OffsetDateTime};
use x509_cert::{
    Certificate,
    der::{Decode as _, Encode as _},
    ext::pkix::{SubjectAltName, name::GeneralName},
};

use super::clock;

/// A certificate with its key, as it was made.
pub(super) struct Made {
    pub(super) certificate: String,
    pub(super) key: String,
}

/// What the panel shows of a certificate.
#[derive(Debug, PartialEq)]
pub(super) struct Facts {
    pub(super) common_name: String,
    pub(super) issuer: String,
    pub(super) names: Vec<String>,
    /// `Nov 21 03:05:43 2027 GMT`.
    pub(super) not_after: String,
    pub(super) is_self_signed: bool,
    /// The public key in hexadecimal with colons.
    pub(super) public_key: String,
    /// DER of the public key, to compare with a private key.
    spki: Vec<u8>,
}

/// A certificate for `names`, the first of which is the common name, signed by the authority of this name or by itself.
///
/// # Errors
/// If a name is none.
pub(super) fn make(
    names: &[String],
    days: u32,
    authority: Option<&str>,
    now: OffsetDateTime,
) -> Result<Made> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, names.first().context("no name")?.as_str());
    (params.not_before, params.not_after) = (now, now + Duration::days(days.into()));
    let certificate = match authority {
        None => params.self_signed(&key)?,
        Some(authority) => {
            let mut issuer = CertificateParams::default();
            issuer.distinguished_name = rcgen::DistinguishedName::new();
            issuer.distinguished_name.push(DnType::CommonName, authority);
            issuer.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.signed_by(&key, &Issuer::new(issuer, KeyPair::generate()?))?
        }
    };
    Ok(Made { certificate: certificate.pem(), key: key.serialize_pem() })
}

/// Reads the first certificate in `pem`. The simulator takes those of elliptic curves alone.
///
/// # Errors
/// If there is none.
pub(super) fn read(pem: &str) -> Result<Facts> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).context("no certificate")?;
    let certificate = Certificate::from_der(&der)?.tbs_certificate;
    let key = &certificate.subject_public_key_info;
    let elliptic = key.algorithm.oid.to_string() == "1.2.840.10045.2.1";
    ensure!(elliptic, "the simulator takes certificates of elliptic curves alone");
    let alternatives = certificate.get::<SubjectAltName>()?.map(|(_, names)| names.0);
    let name = |it: GeneralName| match it {
        GeneralName::DnsName(name) => Some(name.to_string()),
        _ => None,
    };
    let end = certificate.validity.not_after.to_unix_duration().as_secs();
    let end = OffsetDateTime::from_unix_timestamp(end.try_into()?)?;
    let bytes = key.subject_public_key.raw_bytes().iter().map(|it| format!("{it:02x}"));
    Ok(Facts {
        common_name: common_name(&certificate.subject.to_string()),
        issuer: common_name(&certificate.issuer.to_string()),
        names: alternatives.unwrap_or_default().into_iter().filter_map(name).collect(),
        not_after: clock::certificate(end),
        is_self_signed: certificate.subject == certificate.issuer,
        public_key: bytes.collect::<Vec<_>>().join(":"),
        spki: key.to_der()?,
    })
}

/// Whether a private key in PEM belongs to the certificate.
pub(super) fn belongs(key: &str, certificate: &Facts) -> bool {
    KeyPair::from_pem(key).is_ok_and(|key| key.subject_public_key_info() == certificate.spki)
}

fn common_name(name: &str) -> String {
    let own = name.split(',').find_map(|it| it.strip_prefix("CN="));
    own.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn what_is_made_can_be_read_and_has_its_own_key() {
        let now = datetime!(2026-11-21 03:05:43 UTC);
        let names = ["*.beta.test", "beta.test"].map(str::to_owned);
        let own = make(&names, 365, None, now).unwrap();
        let facts = read(&own.certificate).unwrap();
        assert_eq!(
            (facts.common_name.as_str(), facts.issuer.as_str()),
            ("*.beta.test", "*.beta.test")
        );
        assert_eq!(facts.names, names);
        assert_eq!(facts.not_after, "Nov 21 03:05:43 2027 GMT");
        let other = make(&names, 90, Some("Test CA"), now).unwrap();
        let signed = read(&other.certificate).unwrap();
        assert_eq!((signed.issuer.as_str(), signed.is_self_signed), ("Test CA", false));
        assert!(facts.is_self_signed && belongs(&own.key, &facts));
        assert!(!belongs(&other.key, &facts));
    }
}
