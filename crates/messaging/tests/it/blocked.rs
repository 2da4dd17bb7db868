//! A broker that is short of memory reports it, and the relay leases nothing from the outbox until the
//! shortage ends.

use std::{net::SocketAddr, time::Duration};

use messaging::Error;
use testkit::{eventually, poll};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
    sync::broadcast,
};

use crate::world::{QUEUE, World, message};

/// `connection.blocked` with the reason `low`, and `connection.unblocked`, as frames of AMQP 0-9-1.
const BLOCKED: &[u8] = b"\x01\x00\x00\x00\x00\x00\x08\x00\x0a\x00\x3c\x03low\xce";
const UNBLOCKED: &[u8] = b"\x01\x00\x00\x00\x00\x00\x04\x00\x0a\x00\x3d\xce";

/// A proxy that forwards all traffic, and sends given bytes to all clients as if the broker had. This works
/// only while there is no other traffic, because the proxy does not know the ends of frames.
async fn speaking_for(target: SocketAddr) -> (SocketAddr, broadcast::Sender<&'static [u8]>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, (say, _)) = (listener.local_addr().unwrap(), broadcast::channel(4));
    let saying = say.clone();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let mut said = saying.subscribe();
            tokio::spawn(async move {
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) =
                    TcpStream::connect(target).await.unwrap().into_split();
                let down = async {
                    let mut piece = vec![0; 64 * 1024];
                    loop {
                        let bytes = tokio::select! {
                            Ok(bytes) = said.recv() => bytes,
                            Ok(length @ 1..) = from_server.read(&mut piece) => &piece[..length],
                            else => return,
                        };
                        if to_client.write_all(bytes).await.is_err() {
                            return;
                        }
                    }
                };
                tokio::select! {
                    _ = copy(&mut from_client, &mut to_server) => {}
                    () = down => {}
                }
            });
        }
    });
    (address, say)
}

#[tokio::test]
async fn nothing_is_published_to_a_blocked_broker() {
    let servers = testkit::servers();
    let (login, address) = servers.amqp_url.rsplit_once('@').unwrap();
    let address = address.trim_end_matches("/%2f").parse().unwrap();
    let (address, say) = speaking_for(address).await;
    // There are no heartbeats, because one could come between the bytes.
    let world = World::by(&format!("{login}@{address}/%2f?heartbeat=0")).await;
    world.broker.declare().await.unwrap();
    let client = world.client().await;
    say.send(BLOCKED).unwrap();
    eventually("it is known", async || {
        matches!(world.broker.ping().await, Err(Error::Blocked)).then_some(())
    })
    .await;
    let relay = world.relay();
    world.file(&[message(1)]).await;
    let taken = poll(Duration::from_secs(2), async || client.take(QUEUE).await.ok_or(())).await;
    assert!(taken.is_err(), "{taken:?}");
    let rows = world.store.lease_outbox(10, Duration::from_millis(1), &[]).await.unwrap();
    assert_eq!(rows.len(), 1, "nobody else has leased it");

    say.send(UNBLOCKED).unwrap();
    assert_eq!(client.numbers(QUEUE, 1).await, [1]);
    relay.stop().await;
}
