//! The smallest whole service, which `tests/it/process.rs` starts, stops, and starts wrongly.

use std::process::ExitCode;

use axum::{Router, routing::get};
use chassis::{
    Listener, Shutdown, Tasks,
    config::{Amqp, Database, Http, Keys, Root, Section, Telemetry},
    health::Health,
    http,
};
use serde::Deserialize;

#[derive(Debug)]
struct Config {
    http: Http,
    _database: Database,
    _amqp: Option<Amqp>,
    telemetry: Telemetry,
    /// The failure to show, if any.
    behaviour: Behaviour,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Behaviour {
    Well,
    Fails,
    Panics,
    Collapses,
    Deaf,
}

impl Section for Config {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            http: keys.section("http"),
            _database: keys.section("database"),
            _amqp: keys.optional_section("amqp"),
            telemetry: keys.section("telemetry"),
            behaviour: keys.or("behaviour", Behaviour::Well),
        }
    }
}

impl Root for Config {
    fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }
}

async fn run(config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let health = Health::new(&shutdown);
    let behaviour = config.behaviour;
    health.check("behaviour", move || async move {
        if behaviour == Behaviour::Deaf { Err("hears nothing") } else { Ok(()) }
    });
    let router = Router::new()
        .route("/things/{id}", get(work))
        .layer(http::RequestLayer::new())
        .merge(http::routes(&health));
    assert!(behaviour != Behaviour::Collapses, "beyond repair");
    let mut tasks = Tasks::new(shutdown.clone());
    tasks.spawn(
        "http",
        http::serve(Listener::bind(&config.http.listen).await?, router, shutdown.clone()),
    );
    tasks.spawn("part", part(behaviour, shutdown));
    tasks.join().await
}

async fn work() -> String {
    tracing::warn!(job.id = 7, "at work");
    chassis::propagation::current_traceparent().unwrap_or_default()
}

async fn part(behaviour: Behaviour, shutdown: Shutdown) -> anyhow::Result<()> {
    match behaviour {
        Behaviour::Well | Behaviour::Collapses => shutdown.requested().await,
        Behaviour::Fails => anyhow::bail!("out of order"),
        Behaviour::Panics => panic!("beyond repair"),
        Behaviour::Deaf => std::future::pending().await,
    }
    Ok(())
}

fn main() -> ExitCode {
    chassis::main("praho-specimen", run)
}
