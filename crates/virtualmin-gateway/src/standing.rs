//! Keeps the standing of servers in their rows: out of service or well, told once, and the held jobs woken.

use std::time::Duration;

use contracts::messages::v1;
use messaging::CloudEvent;
use model::{
    fault::{Fault, FaultKind},
    server::{Server, Stops},
};
use serde_json::{Value, json};
use store::{Result, Store, Tx};
use tokio::time::Instant;

use crate::{origin, panel::gate::Cause, servers::Opened, settings::Live};

/// The actor of audit rows.
const ACTOR: &str = "virtualmin-gateway";
const FAULTED: &str = "server.faulted";
const RECOVERED: &str = "server.recovered";

/// Writes the standing of servers. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Standing {
    store: Store,
    settings: Live,
}

impl Standing {
    pub(crate) fn new(store: Store, settings: Live) -> Self {
        Self { store, settings }
    }

    /// How long a server that is out of service is left alone between two tries.
    fn pause(&self, cause: Cause) -> Duration {
        let settings = self.settings.now();
        Duration::from_secs(match cause {
            Cause::Silence => settings.breaker_pause_seconds,
            Cause::Refusal => settings.fault_pause_seconds,
        })
    }

    /// Notes what a call tells about its server, with the fault of a failed one. A failure to write that is logged.
    pub(crate) async fn note(&self, opened: &Opened, fault: Option<&Fault>) {
        let (gate, row) = (opened.server.panel.gate(), &opened.row);
        if fault.is_some_and(|it| it.kind == FaultKind::OutOfService) && !row.verified {
            let url = row.url.as_deref().unwrap_or_default();
            log(row, self.store.stranger_refused(row.id, url, self.pause(Cause::Refusal)).await);
        }
        let noted = if let Some((fault, cause)) = gate.untold() {
            let noted = self.faulted(row, &fault, Stops::Calls, self.pause(cause)).await;
            gate.told(Instant::now());
            noted
        } else if gate.is_closed() {
            Ok(())
        } else if let Some(fault) = fault.filter(|it| it.kind == FaultKind::OutOfService) {
            self.faulted(row, fault, Stops::Changes, self.pause(Cause::Refusal)).await
        } else {
            match opened.tries {
                Some(stopped) if gate.has_proved(stopped, opened.at) => self.recovered(row).await,
                Some(_) => self.store.give_server_try_back(row.id).await,
                None => Ok(()),
            }
        };
        log(row, noted);
    }

    /// Notes that a server cannot be called as it is registered.
    pub(crate) async fn unusable(&self, row: &Server, fault: &Fault) {
        log(row, self.faulted(row, fault, Stops::Calls, self.pause(Cause::Refusal)).await);
    }

    async fn faulted(
        &self,
        server: &Server,
        fault: &Fault,
        stops: Stops,
        pause: Duration,
    ) -> Result<()> {
        let tx = self.store.begin().await?;
        if tx.server_faulted(server.id, fault, stops, pause).await? {
            let detail = json!({ "fault": fault.message, "stops": stops });
            tell(&tx, server, FAULTED, &fault.message, detail).await?;
        }
        tx.commit().await
    }

    /// Clears the fault and wakes the held jobs. The first ones are woken with the change, the others after it.
    async fn recovered(&self, server: &Server) -> Result<()> {
        let tx = self.store.begin().await?;
        if !tx.server_recovered(server.id).await? {
            return Ok(());
        }
        let mut all = tx.wake_held_jobs(server.id).await?;
        tell(&tx, server, RECOVERED, "", json!({})).await?;
        tx.commit().await?;
        while !all {
            let tx = self.store.begin().await?;
            all = tx.wake_held_jobs(server.id).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

async fn tell(tx: &Tx, server: &Server, kind: &str, fault: &str, detail: Value) -> Result<()> {
    let origin = origin::of(ACTOR.to_owned());
    let subject = server.id.target();
    let data = v1::ServerEvent {
        server_id: server.id.to_string(),
        name: server.name.clone(),
        status: server.status.as_str().to_owned(),
        version: server.version.clone().unwrap_or_default(),
        fault: fault.to_owned(),
    };
    tx.publish(&CloudEvent::new(kind, subject.clone(), &data).message(&origin)).await?;
    tx.audit(server.tenant_id, &origin, kind, &subject, detail).await
}

fn log(server: &Server, noted: Result<()>) {
    if let Err(error) = noted {
        tracing::warn!(server.id = %server.id, %error, "the server's standing was not written");
    }
}
