//! A private certificate authority in a folder, which gives each service of a stack its certificate.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use time::OffsetDateTime;

use crate::environment::write_private;

/// How long a certificate is good. A stack of a developer runs for days.
const LIFE: Duration = Duration::from_secs(90 * 86_400);
/// The age at which a certificate is made again.
const OLD: Duration = Duration::from_secs(60 * 86_400);
/// The addresses of this machine, under which its own programs call it.
const HERE: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A certificate authority. Its certificates are for programs of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    directory: PathBuf,
}

/// The PEM files of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key, which only its owner can read.
    pub key: PathBuf,
}

impl Authority {
    /// The authority in `directory`, made if it does not exist or is old.
    ///
    /// # Errors
    /// If its files cannot be made or written.
    pub fn open(directory: &Path) -> Result<Self> {
        let authority = Self { directory: directory.to_owned() };
        if is_old(&authority.ca_file()) {
            fs::create_dir_all(directory)
                .with_context(|| format!("cannot make {}", directory.display()))?;
            let key = KeyPair::generate()?;
            let certificate = root()?.self_signed(&key)?;
            write_private(&authority.ca_key(), &key.serialize_pem())?;
            write_private(&authority.ca_file(), &certificate.pem())?;
            // Whatever an older root has issued is of no use any more.
            for file in fs::read_dir(directory)?.flatten().map(|entry| entry.path()) {
                if file.extension().is_some_and(|it| it == "crt") && file != authority.ca_file() {
                    fs::remove_file(file)?;
                }
            }
        }
        Ok(authority)
    }

    /// The certificate of the authority, which clients trust.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.directory.join("ca.crt")
    }

    /// The certificate of the service `name`, for servers and clients, made if there is none or an old one. Its URI is
    /// `spiffe://praho/NAME`.
    ///
    /// # Errors
    /// If it cannot be made or written.
    pub fn issue(&self, name: &str) -> Result<Issued> {
        let issued = Issued {
            certificate: self.directory.join(format!("{name}.crt")),
            key: self.directory.join(format!("{name}.key")),
        };
        if is_old(&issued.certificate) {
            let ca = fs::read_to_string(self.ca_key()).context("cannot read the CA's key")?;
            let issuer = Issuer::new(root()?, KeyPair::from_pem(&ca)?);
            let key = KeyPair::generate()?;
            let mut params = CertificateParams::new(HERE.map(str::to_owned))?;
            params
                .subject_alt_names
                .push(SanType::URI(format!("spiffe://praho/{name}").try_into()?));
            params.distinguished_name.push(DnType::CommonName, format!("praho-{name}"));
            params.extended_key_usages =
                vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
            params.use_authority_key_identifier_extension = true;
            (params.not_before, params.not_after) = days();
            let certificate = params.signed_by(&key, &issuer)?;
            // The key first: a service that looks in between finds a pair that does not fit, and keeps its old one.
            write_private(&issued.key, &key.serialize_pem())?;
            write_private(&issued.certificate, &certificate.pem())?;
        }
        Ok(issued)
    }

    fn ca_key(&self) -> PathBuf {
        self.directory.join("ca.key")
    }
}

/// The root's own certificate, the same each time but for its days.
fn root() -> Result<CertificateParams> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "PRAHO's private CA on this machine");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = days();
    Ok(params)
}

/// From an hour ago, for clocks that differ, to the end of its life.
#[expect(clippy::disallowed_methods, reason = "who checks a certificate reads his own clock too")]
fn days() -> (OffsetDateTime, OffsetDateTime) {
    let now = OffsetDateTime::from(SystemTime::now());
    (now - Duration::from_secs(3600), now + LIFE)
}

/// Whether a file is missing or too old.
fn is_old(file: &Path) -> bool {
    let age = fs::metadata(file).and_then(|it| it.modified()).map(|it| it.elapsed());
    !age.is_ok_and(|age| age.unwrap_or_default() < OLD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scratch;

    #[test]
    fn a_certificate_is_made_once_and_again_under_another_root() {
        let folder = Scratch::new("authority");
        let read = |issued: &Issued| fs::read_to_string(&issued.certificate).unwrap();
        let authority = Authority::open(folder.path()).unwrap();
        let first = read(&authority.issue("api").unwrap());
        let again = Authority::open(folder.path()).unwrap();
        assert_eq!(read(&again.issue("api").unwrap()), first);
        fs::remove_file(authority.ca_file()).unwrap();
        let renewed = Authority::open(folder.path()).unwrap();
        assert_ne!(read(&renewed.issue("api").unwrap()), first);
    }
}
