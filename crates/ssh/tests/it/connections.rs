//! Who is connected to, and who is let in.

use std::net::Ipv4Addr;

use egress::{Egress, Refused};
use ssh::{Connection, Host, NoConnection};
use tokio::{io::AsyncReadExt, net::TcpListener};

use crate::{World, local, within};

#[tokio::test]
async fn a_host_with_another_key_is_told_by_it_and_gets_no_login() {
    let world = World::new().await;
    let host = world.host(world.server.address());
    world.open(&host).await.unwrap();
    world.server.change_host_key().await.unwrap();
    let presented = world.server.fingerprint().unwrap().parse().unwrap();
    let wrong = NoConnection::HostKey { presented };
    assert_eq!(world.open(&host).await.unwrap_err(), wrong);
    assert!(wrong.to_string().contains(&presented.to_string()), "{wrong}");
    let log = std::fs::read_to_string(world.path("openssh/log")).unwrap();
    assert!(!log.contains("Accepted publickey"), "{log}");

    let both = Host { keys: vec![host.keys[0], presented], ..host };
    world.open(&both).await.unwrap();
}

#[tokio::test]
async fn without_a_pinned_key_nobody_is_trusted() {
    let world = World::new().await;
    let host = Host { keys: Vec::new(), ..world.host(world.server.address()) };
    let refused = world.open(&host).await.unwrap_err();
    assert!(matches!(refused, NoConnection::HostKey { .. }), "{refused}");
}

#[tokio::test]
async fn only_the_users_own_key_is_let_in() {
    let world = World::new().await;
    let host = world.host(world.server.address());
    let strange = world.server.strange_key().unwrap().into();
    let refused = Connection::open(&local(), &host, &strange, within(20)).await.unwrap_err();
    assert_eq!(refused, NoConnection::Denied { user: host.user.clone() });
    assert!(refused.to_string().contains("authorized_keys"), "{refused}");
}

#[tokio::test]
async fn a_text_that_is_no_key_is_refused_before_any_connection() {
    let nowhere =
        Host { name: "127.0.0.1".to_owned(), port: 1, user: "root".to_owned(), keys: Vec::new() };
    let canary = "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n-----END OPENSSH PRIVATE KEY-----";
    for text in ["", "hunter2", canary] {
        let key = text.to_owned().into();
        let refused = Connection::open(&local(), &nowhere, &key, within(20)).await.unwrap_err();
        assert_eq!(refused, NoConnection::PrivateKey, "{text}");
        assert!(!refused.to_string().contains("hunter2"));
    }
}

#[tokio::test]
async fn an_inner_address_is_not_connected_to_unless_the_operator_allows_it() {
    let world = World::new().await;
    let host = world.host(world.server.address());
    for name in ["127.0.0.1", "localhost", "::ffff:127.0.0.1"] {
        let host = Host { name: name.to_owned(), ..host.clone() };
        let refused = Connection::open(&Egress::default(), &host, &world.key(), within(20)).await;
        let refused = refused.unwrap_err();
        assert_eq!(refused, NoConnection::Address(Refused::Address("this host")), "{name}");
    }
}

#[tokio::test]
async fn a_host_that_only_listens_is_given_up_in_time_and_left() {
    let world = World::new().await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let host = world.host(listener.local_addr().unwrap());
    let silent = async {
        let mut stream = listener.accept().await.unwrap().0;
        // All that comes until the caller is gone.
        stream.read_to_end(&mut Vec::new()).await
    };
    let (egress, key) = (local(), world.key());
    let open = async { Connection::open(&egress, &host, &key, within(1)).await.map(drop) };
    // The second ends only if the first has closed the socket.
    let (open, _) = tokio::join!(open, silent);
    assert_eq!(open, Err(NoConnection::TimedOut));
}

#[tokio::test]
async fn a_port_without_ssh_is_no_connection() {
    let world = World::new().await;
    let mut host = world.host(world.server.address());
    host.port = testkit::free_port();
    let refused = world.open(&host).await.unwrap_err();
    assert!(matches!(refused, NoConnection::Unreachable(_)), "{refused}");
}
