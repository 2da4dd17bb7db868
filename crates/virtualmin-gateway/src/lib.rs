//! The only door to Virtualmin: gRPC in, `remote.cgi` out; the only service that opens server credentials.
//!
//! The gateway decides nothing and retries nothing. It makes one change to a server at a time, for a job that holds its
//! lease and may make that change ([`model::fence`]), checks whether the change took effect, and reports what it found.

mod config;
mod deadline;
mod fence;
pub mod measure;
mod mutations;
mod origin;
mod pace;
mod panel;
mod replicas;
mod servers;
mod service;
mod settings;
mod standing;
mod turns;

use std::{sync::Arc, time::Duration};

use chassis::{
    ExposeSecret, Listener, Shutdown, Tasks, config::keep_up, grpc, health::Health, http, tls,
};
use contracts::gateway::v1::{
    aliases_server::AliasesServer, backups_server::BackupsServer,
    certificates_server::CertificatesServer, databases_server::DatabasesServer,
    dns_server::DnsServer, domains_server::DomainsServer, features_server::FeaturesServer,
    hosts_server::HostsServer, mailboxes_server::MailboxesServer, php_server::PhpServer,
    plans_server::PlansServer, programs_server::ProgramsServer, redirects_server::RedirectsServer,
};
use keys::{Keeper, parts::GATEWAY};
use store::Store;
use tonic::service::Routes;

pub use config::Config;
pub use settings::Settings;

use crate::{
    fence::Fences,
    mutations::Mutations,
    panel::connections::Gateways,
    servers::Servers,
    service::{Gateway, Kept},
    settings::Live,
    standing::Standing,
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

    let (changed, settings) = Live::new(config.virtualmin);
    let apply = move |config: Config| {
        changed.send_replace(config.virtualmin);
    };
    tasks.spawn("settings", keep_up(config.source, shutdown.clone(), apply));
    let gateways = Gateways::alone();
    tasks.spawn("replicas", replicas::count(store.clone(), gateways.clone(), shutdown.clone()));
    let fences = Fences::new(store.clone());
    let mutations = Mutations::new(store.clone(), fences.clone(), settings.clone());
    let gateway = Gateway {
        servers: Servers::new(store.clone(), keyring, config.egress, settings.clone(), gateways),
        standing: Standing::new(store.clone(), settings.clone()),
        fences,
        mutations: mutations.clone(),
        settings,
        hosts: Kept::new(),
        domains: Kept::new(),
        store,
    };
    let routes = Routes::new(DomainsServer::new(gateway.clone()))
        .add_service(HostsServer::new(gateway.clone()))
        .add_service(MailboxesServer::new(gateway.clone()))
        .add_service(AliasesServer::new(gateway.clone()))
        .add_service(DatabasesServer::new(gateway.clone()))
        .add_service(FeaturesServer::new(gateway.clone()))
        .add_service(PhpServer::new(gateway.clone()))
        .add_service(RedirectsServer::new(gateway.clone()))
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
