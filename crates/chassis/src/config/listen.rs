//! The listeners of a service: where, closed by which certificate, and within which bounds.

use std::{net::SocketAddr, path::PathBuf};

use super::{Keys, Limits, Section};
use crate::tls::{FileProblem, Pair, Part, ServerFiles};

/// A listener. Without TLS it is for this machine alone, unless `allow_plaintext` says that something else closes it.
#[derive(Clone, Debug)]
pub struct Listen {
    /// Address and port; port 0 takes any free one.
    pub address: SocketAddr,
    /// The certificate, and who may come.
    pub tls: Option<Tls>,
    /// The bounds.
    pub limits: Limits,
}

/// TLS of a listener.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The certificate, its key, and the roots of the clients.
    pub files: ServerFiles,
    /// The clients that may call, by the URIs in their certificates; every client under the roots if there is no list.
    pub allowed: Option<Vec<String>>,
}

/// The HTTP server for the service's own routes, or for health and metrics if it has none. Loopback port 8080 by default.
#[derive(Clone, Debug)]
pub struct Http {
    /// The listener.
    pub listen: Listen,
}

/// The public gRPC server. Loopback port 50051 by default.
#[derive(Clone, Debug)]
pub struct Grpc {
    /// The listener.
    pub listen: Listen,
}

/// A gRPC server for our own services alone: by mutual TLS, also on loopback, unless `allow_plaintext` is set. Loopback
/// port 50052 by default.
#[derive(Clone, Debug)]
pub struct InnerGrpc {
    /// The listener.
    pub listen: Listen,
}

/// Health and metrics of a service whose HTTP port is public, so that a full port does not silence the probes. Loopback
/// port 8085 by default.
#[derive(Clone, Debug)]
pub struct Probes {
    /// The listener.
    pub listen: Listen,
}

impl Section for Http {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self { listen: Listen::read(keys, 8080, Use::Any) }
    }
}

impl Section for Grpc {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self { listen: Listen::read(keys, 50051, Use::Any) }
    }
}

impl Section for InnerGrpc {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self { listen: Listen::read(keys, 50052, Use::Inner) }
    }
}

impl Section for Probes {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self { listen: Listen::read(keys, 8085, Use::Any) }
    }
}

impl InnerGrpc {
    /// Allows these callers if the configuration names none.
    #[must_use]
    pub fn for_callers(mut self, callers: &[&str]) -> Self {
        if let Some(tls) = &mut self.listen.tls {
            let default = || callers.iter().map(|it| (*it).to_owned()).collect();
            tls.allowed.get_or_insert_with(default);
        }
        self
    }
}

/// The callers of a listener.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Anyone; other means than TLS say who he is.
    Any,
    /// Our own services.
    Inner,
}

impl Listen {
    /// A listener on this address without TLS, for tests.
    pub fn plain(address: SocketAddr) -> Self {
        Self { address, tls: None, limits: Limits::default() }
    }

    fn read(keys: &mut Keys<'_>, port: u16, callers: Use) -> Self {
        let address = keys.or("listen", SocketAddr::from(([127, 0, 0, 1], port)));
        let tls: Option<Tls> = keys.optional_section("tls");
        let plain = keys.or("allow_plaintext", false);
        let limits = keys.section("limits");
        match &tls {
            Some(tls) if callers == Use::Inner && tls.files.client_ca.is_none() => {
                let what = "is missing, so nobody could prove to be one of our services";
                keys.refuse("tls.client_ca", what, "name the PEM file of the CA of our services");
            }
            None if callers == Use::Inner && !plain => keys.refuse(
                "tls",
                "is missing, and only our own services may call this port",
                "set tls.certificate, tls.key and tls.client_ca, or allow_plaintext = true where \
                 something else keeps everyone out",
            ),
            None if !plain && !address.ip().is_loopback() => keys.refuse(
                "listen",
                "is open to other machines without TLS",
                "set tls.certificate and tls.key beside it, or allow_plaintext = true where a \
                 proxy closes the port by TLS",
            ),
            _ => {}
        }
        Self { address, tls, limits }
    }
}

impl Section for Tls {
    fn read(keys: &mut Keys<'_>) -> Self {
        let files = ServerFiles { pair: pair(keys), client_ca: keys.optional("client_ca") };
        let allowed: Option<Vec<String>> = keys.optional("allowed");
        if allowed.as_ref().is_some_and(Vec::is_empty) {
            keys.refuse("allowed", "is empty, which lets nobody in", "leave it out, or name one");
        }
        if allowed.is_some() && files.client_ca.is_none() {
            let remedy = "name the PEM file of the CA that issues their certificates";
            keys.refuse("client_ca", "is missing, without which allowed means nothing", remedy);
        }
        refuse(keys, files.check(), "client_ca");
        Self { files, allowed }
    }
}

/// The keys `certificate` and `key`.
pub(super) fn pair(keys: &mut Keys<'_>) -> Pair {
    Pair {
        certificate: keys.required("certificate", PathBuf::new()),
        key: keys.required("key", PathBuf::new()),
    }
}

/// Turns a file that cannot be used into a fault of its key. `ca` is the key of the roots.
pub(super) fn refuse(keys: &mut Keys<'_>, checked: Result<(), FileProblem>, ca: &str) {
    let Err(problem) = checked else { return };
    let (key, remedy) = match problem.part {
        Part::Certificate => {
            ("certificate", "name a PEM file with the certificate and its intermediates")
        }
        Part::Key => ("key", "name the PEM file of its private key, with the mode 0600 or 0640"),
        Part::Ca => (ca, "name a PEM file with the root certificates"),
    };
    keys.refuse(key, format!("{}: {}", problem.path, problem.what), remedy);
}
