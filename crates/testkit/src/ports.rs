//! Free ports of 127.0.0.1.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};

/// Below Linux's range for outgoing connections (32768 and up), so that no such connection takes a port while
/// its server restarts.
const RANGE: std::ops::Range<u16> = 20_000..32_000;

/// A port of 127.0.0.1 without a listener on TCP or UDP.
///
/// The port is not reserved: a server that finds it taken must try another.
///
/// # Panics
/// If a thousand random ports are taken.
#[must_use]
pub fn free_port() -> u16 {
    (0..1_000)
        .map(|_| {
            let random = uuid::Uuid::new_v4().as_u128();
            RANGE.start + u16::try_from(random % RANGE.len() as u128).expect("the range is small")
        })
        .find(|port| is_free(*port))
        .expect("no free port among 20000-31999 of 127.0.0.1; stop some servers")
}

fn is_free(port: u16) -> bool {
    let address = (Ipv4Addr::LOCALHOST, port);
    TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_not_free() {
        let port = free_port();
        let _listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        assert!(!is_free(port));
    }
}
