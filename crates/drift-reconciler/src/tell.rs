//! Publishes events and writes audit rows, in the transaction of the change that they report.

use contracts::messages::v1;
use messaging::CloudEvent;
use model::{
    job::Origin,
    server::{Server, ServerStatus},
};
use serde_json::json;
use store::{Result, Tx, drift::Noted};

use crate::heal::Filed;

const DRIFT_DETECTED: &str = "drift.detected";
const HEALTH_CHANGED: &str = "server.health_changed";

/// A change of a server's status after its checks.
#[derive(Clone, Debug)]
pub(crate) struct Move {
    pub(crate) from: ServerStatus,
    pub(crate) to: ServerStatus,
    pub(crate) reason: Option<String>,
}

/// Publishes the event for a new finding.
pub(crate) async fn of_drift(
    tx: &Tx,
    origin: &Origin,
    server: &Server,
    noted: &Noted,
) -> Result<()> {
    let it = &noted.difference;
    let data = v1::DriftEvent {
        finding_id: noted.id.to_string(),
        server_id: server.id.to_string(),
        account_id: it.account_id.map(|id| id.to_string()).unwrap_or_default(),
        domain: it.domain.clone(),
        field: it.field.as_str().to_owned(),
        severity: it.field.severity().as_str().to_owned(),
        wanted: it.wanted.clone(),
        seen: it.seen.clone(),
    };
    let subject = match it.account_id {
        Some(id) => id.target(),
        None => server.id.target(),
    };
    tx.publish(&CloudEvent::new(DRIFT_DETECTED, subject, &data).message(origin)).await
}

/// Writes the audit row of a job that was filed.
pub(crate) async fn of_job(tx: &Tx, origin: &Origin, server: &Server, filed: &Filed) -> Result<()> {
    let detail = json!({ "job_id": filed.job, "server_id": server.id });
    tx.audit(server.tenant_id, origin, filed.action, &filed.target, detail).await
}

/// Publishes the event and writes the audit row for a status that follows from a server's checks.
pub(crate) async fn of_health(
    tx: &Tx,
    origin: &Origin,
    server: &Server,
    change: &Move,
) -> Result<()> {
    let subject = server.id.target();
    let data = v1::ServerEvent {
        server_id: server.id.to_string(),
        name: server.name.clone(),
        status: change.to.as_str().to_owned(),
        version: server.version.clone().unwrap_or_default(),
        fault: String::new(),
    };
    tx.publish(&CloudEvent::new(HEALTH_CHANGED, subject.clone(), &data).message(origin)).await?;
    let detail = json!({ "from": change.from, "to": change.to, "reason": change.reason });
    tx.audit(server.tenant_id, origin, HEALTH_CHANGED, &subject, detail).await
}
