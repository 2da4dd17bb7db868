//! The only door to Virtualmin: gRPC in, `remote.cgi` out; the only service that opens server credentials.
//!
//! The gateway decides nothing and retries nothing. It makes one change to a server at a time, for a job that holds its
//! lease and may make that change ([`model::fence`]), checks whether the change took effect, and reports what it found.

mod config;
mod deadline;
mod fence;
mod mutations;
mod origin;
mod pace;
mod panel;
mod servers;
mod service;
mod standing;

use std::{sync::Arc, time::Duration};

use chassis::{ExposeSecret, Listener, Shutdown, Tasks, grpc, health::Health, http, tls};
use contracts::gateway::v1::{
    aliases_server::AliasesServer, backups_server::BackupsServer,
    certificates_server::CertificatesServer, dns_server::DnsServer, domains_server::DomainsServer,
    hosts_server::HostsServer, mailboxes_server::MailboxesServer, plans_server::PlansServer,
    programs_server::ProgramsServer,
};
use keys::{Keeper, parts::GATEWAY};
use store::Store;
use tonic::service::Routes;

pub use config::{Config, Panel};

use crate::{
    fence::Fences, mutations::Mutations, servers::Servers, service::Gateway, standing::Standing,
};

/// How long running changes may take to end after a stop was requested.
const DRAIN_LIMIT: Duration = Duration::from_secs(20);

/// Serves the gateway's contract until `shutdown` is requested, then lets running changes end.
///
/// # Errors
/// Keys that cannot be read, a key in use that is missing, ports that are taken, or a task that failed.
pub async fn run(config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    tls::install_provider();
    let keyring = Arc::new(config.secrets.keyring()?);
    let store =
        Store::connect(config.database.url.expose_secret(), config.database.max_connections)
            .await?;
    store.warn_of_rights().await;
    let http_listener = Listener::bind(&config.http.listen).await?;
    let grpc_listener = Listener::bind(&config.grpc.listen).await?;

    let health = Health::new(&shutdown);
    health.probe("database", &store, |store| async move { store.ping().await });

    let mut tasks = Tasks::new(shutdown.clone());
    tasks.spawn("http", http::serve(http_listener, http::routes(&health), shutdown.clone()));
    let keeper = Keeper::start(GATEWAY, &store, &keyring, &health).await?;
    tasks.spawn("keys", keeper.run(shutdown.clone()));

    let settle = Duration::from_secs(config.panel.settle_seconds);
    let fences = Fences::new(store.clone());
    let mutations = Mutations::new(store.clone(), fences.clone(), settle);
    let pauses = config.panel.pauses();
    let gateway = Gateway {
        servers: Servers::new(
            store.clone(),
            keyring,
            config.egress,
            config.panel.patience(),
            pauses.silence,
        ),
        standing: Standing::new(store.clone(), pauses),
        fences,
        mutations: mutations.clone(),
        call_timeout: Duration::from_secs(config.panel.call_timeout_seconds),
        store,
    };
    let routes = Routes::new(DomainsServer::new(gateway.clone()))
        .add_service(HostsServer::new(gateway.clone()))
        .add_service(MailboxesServer::new(gateway.clone()))
        .add_service(AliasesServer::new(gateway.clone()))
        .add_service(BackupsServer::new(gateway.clone()))
        .add_service(CertificatesServer::new(gateway.clone()))
        .add_service(DnsServer::new(gateway.clone()))
        .add_service(PlansServer::new(gateway.clone()))
        .add_service(ProgramsServer::new(gateway));
    // No reflection: nobody but our own services has to find what is here.
    tasks.spawn("grpc", grpc::serve(grpc_listener, routes, &[], health, shutdown));
    let ended = tasks.join().await;
    if tokio::time::timeout(DRAIN_LIMIT, mutations.finish()).await.is_err() {
        tracing::warn!(
            "left while a change was under way: its server stays locked until the lease lapses"
        );
    }
    ended
}
