//! Accepts connections, bounded as the real server's: too many from one address are reset.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::connection;
use super::shared::{Shared, Slot};

/// Accepts until the shutdown.
pub(super) async fn serve(shared: Arc<Shared>, listener: TcpListener, tls: TlsAcceptor) {
    loop {
        let accepted = tokio::select! {
            () = shared.shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        // An error here is about that one connection (or about descriptors, which only time can cure).
        let Ok((stream, peer)) = accepted else {
            tokio::task::yield_now().await;
            continue;
        };
        match Slot::take(&shared, peer.ip()) {
            Some(slot) => drop(shared.tasks.spawn(handle(slot, stream, peer, tls.clone()))),
            None => reset(&stream),
        }
    }
}

async fn handle(slot: Slot, stream: TcpStream, peer: SocketAddr, tls: TlsAcceptor) {
    let shared = &slot.shared;
    let serve = async {
        // Small answers must not wait for an acknowledgement; a socket that cannot be told so still works.
        let _ = stream.set_nodelay(true);
        let Ok(Ok(mut stream)) =
            tokio::time::timeout(shared.read_timeout, tls.accept(stream)).await
        else {
            return;
        };
        // A client that left is no fault of the server's.
        let end = connection::serve(shared, &mut stream, peer.ip()).await;
        if end.is_ok_and(|end| end == connection::End::Cut) {
            reset(stream.get_ref().0);
        }
    };
    tokio::select! {
        () = shared.shutdown.cancelled() => {}
        () = serve => {}
    }
}

/// Makes the closing of the connection a reset.
fn reset(stream: &TcpStream) {
    // When this fails the client sees an orderly end without an answer, which is cut short as well.
    let _ = stream.set_zero_linger();
}
