//! Tests of sockets.

use std::io::{Error, ErrorKind};

use egress::{Egress, Refused};
use tokio::net::{TcpListener, UdpSocket};

use crate::local;

fn assert_refused(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(Refused::behind(error), Some(Refused::Address("this host")), "{error:?}");
}

#[tokio::test]
async fn a_place_has_its_judged_addresses() {
    for place in ["localhost:53", "127.0.0.1:53", "[::ffff:127.0.0.1]:53"] {
        assert_refused(&Egress::default().addresses(place).await.unwrap_err());
        assert!(!local(false).addresses(place).await.unwrap().is_empty(), "{place}");
    }
}

#[tokio::test]
async fn no_socket_leads_to_an_inner_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (tcp, udp) = (listener.local_addr().unwrap(), socket.local_addr().unwrap());
    assert_refused(&Egress::default().tcp(tcp).await.unwrap_err());
    assert_refused(&Egress::default().udp(udp).await.unwrap_err());
    assert_eq!(local(false).tcp(tcp).await.unwrap().peer_addr().unwrap(), tcp);
    assert_eq!(local(false).udp(udp).await.unwrap().peer_addr().unwrap(), udp);
}

#[tokio::test]
async fn a_host_is_connected_to_at_an_address_that_was_judged() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    for host in ["localhost", "127.0.0.1"] {
        assert_refused(&Egress::default().connect(host, at.port()).await.unwrap_err());
        let stream = local(false).connect(host, at.port()).await.unwrap();
        assert_eq!(
            stream.peer_addr().unwrap(),
            at,
            "{host}, although it may have an address of IPv6 too"
        );
    }
    drop(listener);
    let refused = local(false).connect("127.0.0.1", at.port()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}
