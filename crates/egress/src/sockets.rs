//! Sockets that are connected to a judged address, or to one that the operator chose.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
};

use tokio::net::{TcpStream, UdpSocket, lookup_host};

use crate::policy::{Egress, Refused};

impl Egress {
    /// The addresses of `place` (`host:port`) that may be connected to.
    ///
    /// # Errors
    ///
    /// If it has no address, or with [`Refused`] inside if it has no other.
    pub async fn addresses(&self, place: &str) -> io::Result<Vec<SocketAddr>> {
        self.judged(lookup_host(place).await?, false)
    }

    /// Opens a connection to the first address of a host that may be connected to and answers.
    ///
    /// # Errors
    ///
    /// If it has no address, with [`Refused`] inside if it has no other, or that of the last connection.
    pub async fn connect(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in self.judged(lookup_host((host, port)).await?, false)? {
            match tcp(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Opens a connection.
    ///
    /// # Errors
    ///
    /// [`Refused`] inside, or that of the connection.
    pub async fn tcp(&self, to: SocketAddr) -> io::Result<TcpStream> {
        self.judge(to.ip()).map_err(denied)?;
        tcp(to).await
    }

    /// Opens a socket that exchanges datagrams with this address only.
    ///
    /// # Errors
    ///
    /// As [`Egress::tcp`].
    pub async fn udp(&self, to: SocketAddr) -> io::Result<UdpSocket> {
        self.judge(to.ip()).map_err(denied)?;
        udp(to).await
    }
}

/// A connection to an address that was judged, or that the operator chose.
pub(crate) async fn tcp(to: SocketAddr) -> io::Result<TcpStream> {
    TcpStream::connect(to).await
}

/// A socket that exchanges datagrams with such an address only.
pub(crate) async fn udp(to: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = match to {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(to).await?;
    Ok(socket)
}

fn denied(refused: Refused) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, refused)
}
