//! The PEM files of a TLS server or client, and the configurations of rustls that are made of them.

use std::{
    fmt,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{ClientConfig, RootCertStore, ServerConfig, server::WebPkiClientVerifier};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use thiserror::Error;
use zeroize::Zeroizing;

use super::{Trust, client_config, trusting};
use crate::exposure;

/// A certificate with the ones that lead to its root, and its key, each in a PEM file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The certificate first, then its intermediates.
    pub certificate: PathBuf,
    /// The private key, which other users must not read.
    pub key: PathBuf,
}

/// The files of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFiles {
    /// The server's own certificate.
    pub pair: Pair,
    /// The roots of the clients' certificates. With it, a client without a certificate gets no connection.
    pub client_ca: Option<PathBuf>,
}

/// The files of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientFiles {
    /// The roots of the server's certificate; the system's if there is no file.
    pub ca: Option<PathBuf>,
    /// The client's own certificate, for servers that ask for one.
    pub pair: Option<Pair>,
}

/// One of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The certificate and its intermediates.
    Certificate,
    /// The private key.
    Key,
    /// The roots of the other side.
    Ca,
}

/// Why a file cannot be used. It never quotes the file.
#[derive(Debug, Error)]
#[error("{part} {path}: {what}")]
pub struct FileProblem {
    /// The file's part.
    pub part: Part,
    /// Its path.
    pub path: String,
    /// The problem, as in `cannot be read: No such file`.
    pub what: String,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "the certificate",
            Self::Key => "the key",
            Self::Ca => "the CA file",
        })
    }
}

/// The bytes of the files, by which a change is seen.
#[derive(PartialEq, Eq)]
pub(crate) struct Contents {
    pair: Option<(Vec<u8>, Zeroizing<Vec<u8>>)>,
    ca: Option<Vec<u8>>,
}

/// Files from which a configuration is made, and made again after a change.
pub(crate) trait Files {
    /// The configuration, as in [`ServerConfig`].
    type Config;

    /// Reads the files.
    fn read(&self) -> Result<Contents, FileProblem>;

    /// The configuration that the files describe.
    fn config(&self, contents: &Contents) -> Result<Self::Config, FileProblem>;
}

impl ServerFiles {
    /// Checks that the files exist, fit each other, and are readable by nobody else.
    ///
    /// # Errors
    /// The first file that cannot be used.
    pub fn check(&self) -> Result<(), FileProblem> {
        self.config(&self.read()?).map(drop)
    }
}

impl ClientFiles {
    /// Checks that the files exist, fit each other, and are readable by nobody else.
    ///
    /// # Errors
    /// The first file that cannot be used.
    pub fn check(&self) -> Result<(), FileProblem> {
        self.config(&self.read()?).map(drop)
    }
}

impl Files for ServerFiles {
    type Config = ServerConfig;

    fn read(&self) -> Result<Contents, FileProblem> {
        let ca = self.client_ca.as_deref().map(|path| read(Part::Ca, path)).transpose()?;
        Ok(Contents { pair: Some(self.pair.read()?), ca })
    }

    fn config(&self, contents: &Contents) -> Result<ServerConfig, FileProblem> {
        let crypto = Arc::new(rustls::crypto::ring::default_provider());
        let of_pair = |error: rustls::Error| problem(Part::Key, &self.pair.key, unfit(&error));
        let builder = ServerConfig::builder_with_provider(crypto.clone())
            .with_safe_default_protocol_versions()
            .map_err(of_pair)?;
        let builder = match self.client_ca.as_deref().zip(contents.ca.as_deref()) {
            Some((path, bytes)) => {
                let wrong = |what: String| problem(Part::Ca, path, what);
                let mut roots = RootCertStore::empty();
                for root in certificates(bytes).map_err(wrong)? {
                    roots.add(root).map_err(|error| wrong(format!("is no root: {error}")))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), crypto);
                builder.with_client_cert_verifier(
                    verifier.build().map_err(|error| wrong(format!("is no root: {error}")))?,
                )
            }
            None => builder.with_no_client_auth(),
        };
        let (chain, key) = self.pair.parse(contents)?;
        builder.with_single_cert(chain, key).map_err(of_pair)
    }
}

impl Files for ClientFiles {
    type Config = ClientConfig;

    fn read(&self) -> Result<Contents, FileProblem> {
        let ca = self.ca.as_deref().map(|path| read(Part::Ca, path)).transpose()?;
        Ok(Contents { pair: self.pair.as_ref().map(Pair::read).transpose()?, ca })
    }

    fn config(&self, contents: &Contents) -> Result<ClientConfig, FileProblem> {
        let path = self.ca.as_deref().unwrap_or(Path::new("of the system"));
        let wrong = |what: String| problem(Part::Ca, path, what);
        let trust = match &contents.ca {
            Some(bytes) => Trust::Ca(certificates(bytes).map_err(wrong)?),
            None => Trust::NativeRoots,
        };
        let Some(pair) = &self.pair else {
            return client_config(trust).map_err(|error| wrong(error.to_string()));
        };
        let (chain, key) = pair.parse(contents)?;
        trusting(trust)
            .map_err(|error| wrong(error.to_string()))?
            .with_client_auth_cert(chain, key)
            .map_err(|error| problem(Part::Key, &pair.key, unfit(&error)))
    }
}

impl Pair {
    fn read(&self) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>), FileProblem> {
        let wrong = |what: String| problem(Part::Key, &self.key, what);
        let mut file = File::open(&self.key).map_err(|error| wrong(unreadable(&error)))?;
        if let Some(mode) = exposure::of(&file).map_err(|error| wrong(unreadable(&error)))? {
            return Err(wrong(format!("has the mode {mode:04o}, which lets every user read it")));
        }
        let mut key = Zeroizing::new(Vec::new());
        file.read_to_end(&mut key).map_err(|error| wrong(unreadable(&error)))?;
        Ok((read(Part::Certificate, &self.certificate)?, key))
    }

    fn parse(
        &self,
        contents: &Contents,
    ) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), FileProblem> {
        let none = (Vec::new(), Zeroizing::default());
        let (chain, key) = contents.pair.as_ref().unwrap_or(&none);
        let chain = certificates(chain)
            .map_err(|what| problem(Part::Certificate, &self.certificate, what))?;
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|_| problem(Part::Key, &self.key, "holds no private key in PEM".into()))?;
        Ok((chain, key))
    }
}

fn read(part: Part, path: &Path) -> Result<Vec<u8>, FileProblem> {
    fs::read(path).map_err(|error| problem(part, path, unreadable(&error)))
}

/// The certificates of a PEM file, at least one.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        _ => Err("holds no certificate in PEM".to_owned()),
    }
}

fn unreadable(error: &std::io::Error) -> String {
    format!("cannot be read: {error}")
}

fn unfit(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InconsistentKeys(_) => "does not belong to the certificate".to_owned(),
        other => format!("cannot be used: {other}"),
    }
}

fn problem(part: Part, path: &Path, what: String) -> FileProblem {
    FileProblem { part, path: path.display().to_string(), what }
}
