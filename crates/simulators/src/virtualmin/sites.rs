//! The web server of the simulated machine: it serves the sites of virtual servers as Apache does.
//!
//! A host name that no site has gets the first site, in the order of the configuration files, which are named after the
//! domains; without any site it gets the distribution's page. Each site has a first page that names its domain, as
//! Virtualmin makes it, and the redirects of its `admin` and `webmail` names.

mod certificates;
mod page;

use std::io;
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use self::certificates::Certificates;
use self::page::Page;
use super::http;
use super::options::SiteAddresses;
use super::shared::Shared;
use super::web_server::WebServer;

/// Listens for HTTP and HTTPS, until the shutdown.
///
/// # Errors
/// If an address is taken.
pub(super) async fn start(shared: &Arc<Shared>, addresses: SiteAddresses) -> Result<()> {
    let tls = TlsAcceptor::from(Certificates::tls(shared)?);
    for (address, tls) in [(addresses.http, None), (addresses.https, Some(tls))] {
        let listener =
            TcpListener::bind(address).await.with_context(|| format!("listening on {address}"))?;
        shared.tasks.spawn(accept(Arc::clone(shared), listener, tls));
    }
    Ok(())
}

async fn accept(shared: Arc<Shared>, listener: TcpListener, tls: Option<TlsAcceptor>) {
    loop {
        let accepted = tokio::select! {
            () = shared.shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        // An error here is about that one connection.
        let Ok((stream, _)) = accepted else {
            tokio::task::yield_now().await;
            continue;
        };
        let (own, tls) = (Arc::clone(&shared), tls.clone());
        shared.tasks.spawn(async move {
            tokio::select! {
                () = own.shutdown.cancelled() => {}
                // A client that left is no fault of the server's.
                _ = connection(&own, stream, tls) => {}
            }
        });
    }
}

async fn connection(
    shared: &Arc<Shared>,
    mut stream: TcpStream,
    tls: Option<TlsAcceptor>,
) -> io::Result<()> {
    let state = shared.host().world.machine.web_server;
    match state {
        WebServer::Cut => {
            // When this fails the client sees an orderly end without an answer.
            let _ = stream.set_zero_linger();
            return Ok(());
        }
        WebServer::Silent => {
            let mut ignored = [0; 1024];
            while stream.read(&mut ignored).await? > 0 {}
            return Ok(());
        }
        WebServer::Well | WebServer::BrokenConfiguration | WebServer::Failing { .. } => {}
    }
    match tls {
        None => exchange(shared, &mut stream, false).await,
        Some(tls) => exchange(shared, &mut tls.accept(stream).await?, true).await,
    }
}

/// Reads one request, and answers it.
async fn exchange(
    shared: &Arc<Shared>,
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    secure: bool,
) -> io::Result<()> {
    let Ok(request) = tokio::time::timeout(shared.read_timeout, http::read(stream)).await else {
        return Ok(());
    };
    let Some(request) = request? else { return Ok(()) };
    let page = Page::of(&shared.host().world, &request.host, secure);
    stream.write_all(&page.bytes()).await?;
    stream.shutdown().await
}
