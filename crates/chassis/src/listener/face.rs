//! What a port answers with, and in which versions of HTTP.

use axum::Router;
use rustls::ServerConfig;

/// The answers of a port.
pub(crate) struct Face {
    pub(crate) router: Router,
    /// The answer to every request of a client whose certificate is good and whose name is not on the list.
    pub(crate) stranger: Router,
    pub(crate) protocol: Protocol,
}

/// The versions of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// HTTP/1.1 or HTTP/2.
    Http,
    /// HTTP/2 alone.
    Grpc,
}

impl Protocol {
    /// Has the TLS handshake name the versions (ALPN).
    pub(super) fn negotiated(self) -> fn(&mut ServerConfig) {
        match self {
            Self::Http => |config| {
                config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            },
            Self::Grpc => |config| config.alpn_protocols = vec![b"h2".to_vec()],
        }
    }
}
