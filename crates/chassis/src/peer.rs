//! The address of the other end of a request's connection.

use std::net::{IpAddr, SocketAddr};

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
