//! Another service that this one calls by gRPC, and the certificates on both sides.

use std::str::FromStr;

use url::{Host, ParseError, Url};

use super::{Keys, Section, listen};
use crate::tls::ClientFiles;

/// Another service that this one calls by gRPC.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The address of its gRPC server: `https://host:port`; `http` on this machine, or where `allow_plaintext` says
    /// that something else protects the calls.
    pub url: Url,
    /// The roots of its certificate, and our own certificate.
    pub tls: ClientFiles,
}

impl FromStr for Peer {
    type Err = ParseError;

    /// The service at a URL, whose certificate the system's roots have issued, and that asks for none of ours.
    fn from_str(url: &str) -> Result<Self, ParseError> {
        Ok(Self { url: url.parse()?, tls: ClientFiles::default() })
    }
}

impl Section for Peer {
    fn read(keys: &mut Keys<'_>) -> Self {
        let stand_in = Url::parse("https://localhost").expect("a URL");
        let url = keys.required("url", stand_in);
        let plain = keys.or("allow_plaintext", false);
        let tls: Option<Certificates> = keys.optional_section("tls");
        if !["http", "https"].contains(&url.scheme()) || !url.has_host() {
            keys.refuse("url", "is not http or https with a host", "write https://host:port");
        } else if url.scheme() == "http" && tls.is_some() {
            keys.refuse("url", "is http, so tls would not be used", "write https://host:port");
        } else if url.scheme() == "http" && !plain && !is_here(&url) {
            let remedy = "write https://host:port and set tls, or allow_plaintext = true where \
                          something else protects the calls";
            keys.refuse("url", "goes to another machine without TLS", remedy);
        }
        Self { url, tls: tls.map(|it| it.0).unwrap_or_default() }
    }
}

/// Whether a URL leads to this machine.
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The files of a client.
struct Certificates(ClientFiles);

impl Section for Certificates {
    fn read(keys: &mut Keys<'_>) -> Self {
        let files = ClientFiles { ca: keys.optional("ca"), pair: Some(listen::pair(keys)) };
        listen::refuse(keys, files.check(), "ca");
        Self(files)
    }
}
