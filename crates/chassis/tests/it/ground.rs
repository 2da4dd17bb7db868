//! Listeners with certificates of a private CA, for the tests of ports.

use std::net::SocketAddr;

use chassis::{
    Listener, Shutdown,
    config::{Limits, Listen, Tls},
    health::Health,
    http,
    tls::{ClientFiles, Pair, ServerFiles},
};
use testkit::{Authority, authority::Issued};
use tokio::task::JoinHandle;

/// The files of an issued certificate.
pub(crate) fn pair(issued: &Issued) -> Pair {
    Pair { certificate: issued.certificate.clone(), key: issued.key.clone() }
}

/// A server's certificate; with `allowed`, clients need one too.
pub(crate) fn server(authority: &Authority, name: &str, allowed: Option<&[&str]>) -> Tls {
    let client_ca = allowed.map(|_| authority.ca_file());
    let files = ServerFiles { pair: pair(&authority.issue(name).unwrap()), client_ca };
    Tls { files, allowed: allowed.map(|it| it.iter().map(|&it| it.to_owned()).collect()) }
}

/// What a client of the authority's services shows.
pub(crate) fn client(authority: &Authority, name: Option<&str>) -> ClientFiles {
    let pair = name.map(|name| pair(&authority.issue(name).unwrap()));
    ClientFiles { ca: Some(authority.ca_file()), pair }
}

/// A listener on a free port of this machine.
pub(crate) fn listen(tls: Option<Tls>, limits: Limits) -> Listen {
    Listen { tls, limits, ..Listen::plain("127.0.0.1:0".parse().unwrap()) }
}

/// A server of `/livez` and the like.
pub(crate) struct Probes {
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: Shutdown,
    pub(crate) served: JoinHandle<anyhow::Result<()>>,
}

impl Probes {
    pub(crate) async fn start(listen: &Listen) -> Self {
        chassis::tls::install_provider();
        let shutdown = Shutdown::new();
        let listener = Listener::bind(listen).await.unwrap();
        let (address, routes) = (listener.address(), http::routes(&Health::new(&shutdown)));
        let served = tokio::spawn(http::serve(listener, routes, shutdown.clone()));
        Self { address, shutdown, served }
    }
}
