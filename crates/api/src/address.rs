//! The address of a request's client: that of the connection, or behind a configured proxy the one that it names.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use chassis::peer::peer;
use http::{HeaderMap, HeaderName, header::FORWARDED};
use ipnet::IpNet;
use tracing::{Span, field::display};

/// The header that most proxies set.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies before the service, and the header in which they name their clients.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// The networks of the proxies; empty by default, so that no header is believed.
    pub trusted: Arc<[IpNet]>,
    /// The header that the proxies write.
    pub header: ForwardedBy,
}

/// The header in which proxies name their clients. Only one counts, because a proxy passes the other one on as the
/// client sent it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedBy {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// The client's address, as an extension of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client(pub(crate) IpAddr);

/// Finds the client's address, and records it for logs, traces and the audit log.
pub(crate) async fn record(
    State(proxies): State<Proxies>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(peer) = peer(request.extensions()) {
        let client = proxies.client(peer, request.headers());
        Span::current().record("client.address", display(client));
        request.extensions_mut().insert(Client(client));
    }
    next.run(request).await
}

impl Proxies {
    /// The last address that no trusted proxy has, since only what trusted proxies have written is believed.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        let named = self.named(headers);
        let mut named = named.iter().rev();
        while self.trusts(client) {
            match named.next() {
                Some(Some(address)) => client = *address,
                // A hidden or unreadable name: the proxy is all that is known.
                Some(None) | None => break,
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|it| it.contains(&address))
    }

    /// The addresses in the header, each added by the proxy after it; `None` for one that is no address.
    fn named(&self, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
        let (name, read): (_, fn(&str) -> Option<IpAddr>) = match self.header {
            ForwardedBy::XForwardedFor => (X_FORWARDED_FOR, address),
            ForwardedBy::Forwarded => (FORWARDED, forwarded_for),
        };
        let values = headers.get_all(name).iter();
        let texts = values.map(|it| it.to_str().unwrap_or_default());
        texts.flat_map(|it| it.split(',')).map(read).collect()
    }
}

/// The address in one element of `Forwarded`, such as `for="[2001:db8::1]:4711";proto=https`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|it| it.trim().split_once('='));
    address(pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"))?.1.trim_matches('"'))
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let alone = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse().map(|it: std::net::SocketAddr| it.ip()).ok();
    let address: Option<IpAddr> = text.parse().ok().or_else(alone).or_else(with_port);
    address.map(|it| it.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(header: ForwardedBy, peer: &str, lines: &[(&'static str, &str)]) -> String {
        let trusted = ["10.0.0.0/8", "2001:db8:1::/48"].map(|it| it.parse().unwrap());
        let proxies = Proxies { trusted: trusted.into(), header };
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        proxies.client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_what_trusted_proxies_have_written_counts() {
        let of =
            |peer, lines: &[(&'static str, &str)]| client(ForwardedBy::XForwardedFor, peer, lines);
        let name = "x-forwarded-for";
        assert_eq!(of("192.0.2.1", &[(name, "198.51.100.7")]), "192.0.2.1", "no proxy of ours");
        assert_eq!(of("10.0.0.1", &[(name, "198.51.100.7")]), "198.51.100.7");
        assert_eq!(of("10.0.0.1", &[(name, "203.0.113.9, 198.51.100.7")]), "198.51.100.7");
        assert_eq!(of("10.0.0.1", &[(name, "198.51.100.7, 10.0.0.2")]), "198.51.100.7");
        let two = [(name, "203.0.113.9"), (name, "198.51.100.7")];
        assert_eq!(of("10.0.0.1", &two), "198.51.100.7", "the last line is the nearest proxy's");
        assert_eq!(of("2001:db8:1::1", &[(name, "2001:db8:2::9")]), "2001:db8:2::9");
        assert_eq!(of("10.0.0.1", &[(name, "::ffff:198.51.100.7")]), "198.51.100.7");
        assert_eq!(of("10.0.0.1", &[(name, "198.51.100.7:4711")]), "198.51.100.7");
    }

    #[test]
    fn the_proxy_counts_where_it_names_no_address() {
        let of =
            |lines: &[(&'static str, &str)]| client(ForwardedBy::XForwardedFor, "10.0.0.1", lines);
        for words in ["", "unknown", "198.51.100.7, nonsense", "198.51.100.300"] {
            assert_eq!(of(&[("x-forwarded-for", words)]), "10.0.0.1", "{words}");
        }
        assert_eq!(of(&[]), "10.0.0.1");
        assert_eq!(of(&[("forwarded", "for=198.51.100.7")]), "10.0.0.1", "the other header");
    }

    #[test]
    fn the_standard_header_is_read_where_it_is_configured() {
        let of = |words| client(ForwardedBy::Forwarded, "10.0.0.1", &[("forwarded", words)]);
        assert_eq!(of("for=198.51.100.7"), "198.51.100.7");
        assert_eq!(of("proto=https;For=\"[2001:db8::17]:4711\";by=10.0.0.1"), "2001:db8::17");
        assert_eq!(of("for=203.0.113.9;proto=http, for=198.51.100.7"), "198.51.100.7");
        assert_eq!(of("for=_hidden"), "10.0.0.1");
        assert_eq!(of("proto=https"), "10.0.0.1");
    }
}
