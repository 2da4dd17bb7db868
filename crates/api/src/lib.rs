//! The public interfaces of PRAHO Provisioning: gRPC, REST and commands on RabbitMQ, with shared handlers.
//!
//! The API writes state, job, audit row and wake-up in one transaction, and changes nothing outside: the
//! workers do that.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use chassis::{ExposeSecret, Listener, Shutdown, Tasks, config::Amqp, health::Health};
use keys::{Keeper, parts::API};
use messaging::{Broker, BrokerConfig, Relay, topology::Owner};
use model::tenant_quota::TenantQuota;
use store::Store;

use crate::{
    audit_proof::Proof,
    caller::Api,
    intake::{Intake, Trust},
    limit::Limiter,
    lookup::Lookup,
    quotas::Quotas,
    shares::Shares,
    watch::Watches,
};

mod address;
mod audit_proof;
mod auth;
mod body;
mod bootstrap;
mod bounds;
mod caller;
mod commands;
mod config;
mod door;
pub mod forms;
mod grpc;
mod handlers;
mod idempotency;
mod intake;
mod json;
mod key_rotation;
mod key_uses;
mod limit;
mod lookup;
mod migration;
mod names;
pub mod operations;
mod present;
mod quotas;
mod refusal;
mod rest;
mod retention;
mod shares;
mod unique;
mod validation;
mod watch;

pub use address::{ForwardedBy, Proxies};
pub use audit_proof::AuditHeads;
pub use config::{Bootstrap, Calls, Commands, Config, Domains, Http, RateLimit};
pub use migration::{Migration, migrate};
pub use quotas::DefaultQuotas;
pub use retention::Retention;

/// How long a call waits for a place. A longer queue would only hide that there are too many calls.
const PATIENCE: Duration = Duration::from_millis(100);

/// Runs the API until a stop is requested.
///
/// # Errors
///
/// A database that does not answer or has an older schema, keys that cannot be read, a key in use that is missing, a port
/// in use, or a part of the service that failed for good.
pub async fn run(config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let keyring = config.secrets.keyring().context("the keys that seal secrets")?;
    let http = Listener::bind(&config.http.server.listen).await?;
    let grpc = Listener::bind(&config.grpc.listen).await?;
    let probes = Listener::bind(&config.health.listen).await?;
    let store =
        Store::connect(config.database.url.expose_secret(), config.database.max_connections)
            .await
            .context("the database")?;
    store.ping().await.context("the database")?;
    store.warn_of_rights().await;
    let keyring = Arc::new(keyring);
    let health = Health::new(&shutdown);
    let keeper = Keeper::start(API, &store, &keyring, &health).await?;
    if let Some(bootstrap) = &config.bootstrap {
        bootstrap::ensure(&store, bootstrap).await?;
    }

    let defaults = config.quotas.numbers(config.rate_limit.requests);
    let requests = defaults.get(TenantQuota::Requests);
    let (limit, calls) = (&config.rate_limit, &config.calls);
    let watch_check = Duration::from_secs(calls.watch_check_seconds);
    let watches = Watches::new(calls.watches, watch_check, shutdown.clone());
    let api = Api {
        store: store.clone(),
        keyring: keyring.clone(),
        egress: config.egress,
        watches: watches.clone(),
        lookup: Lookup::new(&store, limit.wrong_tokens, limit.window_seconds),
        limiter: Limiter::new(limit.requests, limit.window_seconds),
        tenant_calls: Limiter::new(requests, limit.window_seconds).named("tenant"),
        quotas: Quotas::new(defaults),
        calls: Shares::new("calls under way", calls.at_a_time, PATIENCE),
        bodies: Shares::new("calls whose bodies are read", calls.unread_bodies, PATIENCE),
        body_limit: Duration::from_secs(calls.body_seconds),
        suffixes: Arc::new(config.domains.suffixes),
        hold_days: config.domains.hold_days,
        resolvers: config.domains.resolvers,
    };
    health.probe("database", &store, |store| async move { store.ping().await });
    let router = rest::routes(api.clone(), config.http.proxies.clone());
    let services = grpc::routes(api.clone(), config.http.proxies);

    let mut tasks = Tasks::new(shutdown.clone());
    tasks.spawn("REST", chassis::http::serve(http, router, shutdown.clone()));
    let answers = chassis::http::routes(&health);
    tasks.spawn("health", chassis::http::serve(probes, answers, shutdown.clone()));
    let descriptors: &[&[u8]] = &[contracts::DESCRIPTORS];
    tasks
        .spawn("gRPC", chassis::grpc::serve(grpc, services, descriptors, health, shutdown.clone()));
    tasks.spawn("watches", watches.listen(store.clone()));
    tasks.spawn("keys", keeper.run(shutdown.clone()));
    tasks
        .spawn("key rotation", key_rotation::run(store.clone(), keyring.clone(), shutdown.clone()));
    let proof = Proof::new(store.clone(), keyring, config.audit);
    tasks.spawn("audit proof", proof.keep(shutdown.clone()));
    tasks.spawn("retention", retention::run(store, config.retention, shutdown.clone()));
    let trust = match config.commands.trust_every_publisher {
        true => Trust::Everybody,
        false => Trust::Publishers,
    };
    let intake = Intake { api, shutdown: shutdown.clone(), trust };
    tasks.spawn("messages", messages(config.amqp, intake, shutdown));
    tasks.join().await
}

/// Relays the outbox and takes commands. The API is ready without a broker: accepted work stays in the
/// database until the broker is back.
async fn messages(config: Amqp, intake: Intake, shutdown: Shutdown) -> anyhow::Result<()> {
    let broker = Broker::connect(BrokerConfig {
        url: config.url.expose_secret(),
        prefix: &config.prefix,
        connection_name: "praho-api",
        owner: Owner::Api,
    })
    .await?;
    let relay = Relay::new(intake.api.store.clone(), broker.clone());
    let commands = broker.consume(
        intake::QUEUE,
        config.prefetch,
        async |delivery| intake.take(delivery).await,
        shutdown.requested(),
    );
    tokio::try_join!(relay.run(shutdown.requested()), commands)?;
    Ok(())
}
