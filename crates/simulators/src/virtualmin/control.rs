//! The control endpoint of the simulator program: plain HTTP and JSON, for tests in other processes.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::fault::Armed;
use super::simulator::Simulator;
use super::web_server::WebServer;

type Handle = State<Arc<Simulator>>;

/// A listening control endpoint. It stops when dropped.
pub struct Control {
    address: SocketAddr,
    _stop: DropGuard,
}

impl Control {
    /// Starts an endpoint at `listen` (port 0 is any free port) that controls `simulator`.
    ///
    /// `GET /readyz`, `/state`, `/effects?after=SEQ&limit=N`, `/calls`, `/faults` and `/machine` read.
    /// `PUT /faults` replaces all faults by a list, and `DELETE /faults` clears them. `PUT /latency` sets a
    /// program's duration. `PUT /machine` sets whether the machine keeps quotas, which programs it lacks, which
    /// features are switched off, which Unix users and groups it has beside those of virtual servers, and the state of
    /// its web server.
    /// `POST /by-hand` changes virtual servers outside the remote API.
    ///
    /// # Errors
    /// If the address is taken.
    pub async fn start(simulator: Arc<Simulator>, listen: SocketAddr) -> Result<Self> {
        let listener =
            TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let serve = axum::serve(listener, router(simulator))
            .with_graceful_shutdown(stop.clone().cancelled_owned());
        tokio::spawn(async move { serve.await });
        Ok(Self { address, _stop: stop.drop_guard() })
    }

    /// The base URL, `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn router(simulator: Arc<Simulator>) -> Router {
    Router::new()
        .route("/readyz", get(async || "ready"))
        .route("/state", get(state))
        .route("/effects", get(effects))
        .route("/calls", get(calls))
        .route("/faults", get(faults).put(set_faults).delete(clear_faults))
        .route("/latency", put(set_latency))
        .route("/machine", get(machine).put(set_machine))
        .route("/by-hand", post(by_hand))
        .with_state(simulator)
}

async fn state(State(simulator): Handle) -> Json<Value> {
    Json(json!({ "domains": simulator.domains(), "plans": simulator.plans() }))
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    after: u64,
    #[serde(default = "Page::default_limit")]
    limit: usize,
}

impl Page {
    fn default_limit() -> usize {
        10_000
    }
}

async fn effects(State(simulator): Handle, Query(page): Query<Page>) -> Json<Value> {
    let effects = simulator.effects();
    let wanted = effects.iter().filter(|effect| effect.seq > page.after).take(page.limit);
    Json(json!(wanted.collect::<Vec<_>>()))
}

async fn calls(State(simulator): Handle) -> Json<Value> {
    let calls = simulator.shared().host().calls.clone();
    Json(json!({ "calls": calls, "mutations_at_once": simulator.mutations_at_once() }))
}

async fn faults(State(simulator): Handle) -> Json<Vec<Armed>> {
    Json(simulator.faults())
}

async fn set_faults(State(simulator): Handle, Json(faults): Json<Vec<Armed>>) -> StatusCode {
    simulator.shared().host().faults.0 = faults;
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(simulator): Handle) -> StatusCode {
    simulator.clear_faults();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Latency {
    program: String,
    milliseconds: u64,
}

async fn set_latency(State(simulator): Handle, Json(latency): Json<Latency>) -> StatusCode {
    simulator.set_latency(&latency.program, Duration::from_millis(latency.milliseconds));
    StatusCode::NO_CONTENT
}

async fn machine(State(simulator): Handle) -> Json<Value> {
    Json(json!(simulator.shared().host().world.machine))
}

/// A change of the machine. Absent fields stay as they are.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MachineChange {
    keeps_quotas: Option<bool>,
    lacks: Option<BTreeSet<String>>,
    without_features: Option<BTreeSet<String>>,
    users: Option<BTreeSet<String>>,
    groups: Option<BTreeSet<String>>,
    web_server: Option<WebServer>,
}

async fn set_machine(State(simulator): Handle, Json(change): Json<MachineChange>) -> StatusCode {
    let mut host = simulator.shared().host();
    if let Some(state) = change.web_server {
        host.world.set_web_server(state);
    }
    let machine = &mut host.world.machine;
    if let Some(keeps) = change.keeps_quotas {
        machine.keeps_quotas = keeps;
    }
    if let Some(lacks) = change.lacks {
        machine.lacks = lacks;
    }
    if let Some(features) = change.without_features {
        machine.without_features = features;
    }
    if let Some(users) = change.users {
        machine.users = users;
    }
    if let Some(groups) = change.groups {
        machine.groups = groups;
    }
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
enum ByHand {
    Create { domain: String, username: String },
    Delete { domain: String },
    Disable { domain: String },
    Enable { domain: String },
}

async fn by_hand(State(simulator): Handle, Json(change): Json<ByHand>) -> StatusCode {
    let done = match change {
        ByHand::Create { domain, username } => simulator.create_by_hand(&domain, &username),
        ByHand::Delete { domain } => simulator.delete_by_hand(&domain),
        ByHand::Disable { domain } => simulator.disable_by_hand(&domain),
        ByHand::Enable { domain } => simulator.enable_by_hand(&domain),
    };
    if done { StatusCode::NO_CONTENT } else { StatusCode::CONFLICT }
}
