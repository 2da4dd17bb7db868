//! The address of the other end of a request's connection, and what counts as one address.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ::http::Extensions;
use axum::extract::ConnectInfo;
use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};

/// The address of the other end of the connection: a client, or a proxy before it. `None` only for a connection
/// that was lost before its address was read.
pub fn peer(extensions: &Extensions) -> Option<IpAddr> {
    let http = extensions.get::<ConnectInfo<SocketAddr>>().map(|it| it.0);
    let plain = || extensions.get::<TcpConnectInfo>()?.remote_addr();
    let tls = || extensions.get::<TlsConnectInfo<TcpConnectInfo>>()?.get_ref().remote_addr();
    // A socket that takes both kinds of addresses writes those of IPv4 as mapped ones.
    Some(http.or_else(plain).or_else(tls)?.ip().to_canonical())
}

/// What counts as one address where addresses have limits: with IPv6 a network of 64 bits, of which a customer has all
/// addresses.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(it) if !it.is_loopback() => Ipv6Addr::from_bits(it.to_bits() >> 64 << 64).into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_of_ipv6_count_together() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(of("::1"), "::1");
        assert_eq!(of("2001:db8::1:2:3:4"), "2001:db8::");
        assert_eq!(of("2001:db8:0:1:2::"), "2001:db8:0:1::");
    }
}
