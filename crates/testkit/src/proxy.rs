//! A network line between a client and a server that can be cut, slowed down or frozen.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::{CancellationToken, DropGuard};

/// The state of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Everything passes without delay.
    Good,
    /// Each piece of up to 16 KiB is delayed by this time, in both directions.
    Slow(Duration),
    /// Connections are accepted and stay open, but nothing passes, as with a machine that hangs.
    Frozen,
    /// Open and new connections are closed.
    Cut,
}

/// A TCP proxy on a port of 127.0.0.1. Dropping it ends the proxy and its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    line: watch::Sender<Line>,
    _stop: DropGuard,
}

impl Proxy {
    /// Starts a proxy to `target` with a good line.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start(target: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("the proxy")?;
        let address = listener.local_addr()?;
        let (line, seen) = watch::channel(Line::Good);
        let stop = CancellationToken::new();
        tokio::spawn(stop.clone().run_until_cancelled_owned(serve(listener, target, seen)));
        Ok(Self { address, line, _stop: stop.drop_guard() })
    }

    /// The address that the proxy listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the line for open and new connections.
    pub fn set(&self, line: Line) {
        self.line.send_replace(line);
    }
}

async fn serve(listener: TcpListener, target: SocketAddr, line: watch::Receiver<Line>) {
    // Dropping the set ends the connections.
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        connections.spawn(carry(client, target, line.clone()));
    }
}

async fn carry(client: TcpStream, target: SocketAddr, mut line: watch::Receiver<Line>) {
    let (up, down) = (line.clone(), line.clone());
    let pass = async {
        let Ok(server) = TcpStream::connect(target).await else { return };
        let ((from_client, to_client), (from_server, to_server)) =
            (client.into_split(), server.into_split());
        tokio::join!(pump(from_client, to_server, up), pump(from_server, to_client, down));
    };
    tokio::select! {
        () = pass => {}
        _ = line.wait_for(|line| *line == Line::Cut) => {}
    }
}

#[expect(clippy::disallowed_methods, reason = "a slow line is one that waits")]
async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut line: watch::Receiver<Line>) {
    let mut piece = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        let Ok(now) = line.wait_for(|line| *line != Line::Frozen).await.map(|line| *line) else {
            return;
        };
        if let Line::Slow(delay) = now {
            sleep(delay).await;
        }
        if to.write_all(&piece[..length]).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::time::timeout;

    use super::*;

    const SHORT: Duration = Duration::from_millis(100);

    /// A server that echoes its input, and a proxy to it.
    async fn echo() -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        Proxy::start(address).await.unwrap()
    }

    async fn answer(stream: &mut TcpStream) -> std::io::Result<u8> {
        stream.write_u8(7).await?;
        stream.read_u8().await
    }

    #[tokio::test]
    async fn passes_what_it_gets_later_if_slow() {
        let proxy = echo().await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(answer(&mut stream).await.unwrap(), 7);
        proxy.set(Line::Slow(SHORT));
        let began = Instant::now();
        assert_eq!(answer(&mut stream).await.unwrap(), 7);
        assert!(began.elapsed() >= 2 * SHORT, "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn a_cut_ends_connections_and_refuses_new_ones_until_it_is_healed() {
        let proxy = echo().await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(answer(&mut stream).await.unwrap(), 7);
        proxy.set(Line::Cut);
        assert!(stream.read_u8().await.is_err());
        let mut late = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(answer(&mut late).await.is_err());
        proxy.set(Line::Good);
        let mut again = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(answer(&mut again).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_frozen_line_keeps_what_it_got() {
        let proxy = echo().await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        proxy.set(Line::Frozen);
        assert!(timeout(SHORT, answer(&mut stream)).await.is_err());
        proxy.set(Line::Good);
        assert_eq!(stream.read_u8().await.unwrap(), 7);
    }
}
