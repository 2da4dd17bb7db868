//! The rows of jobs and of their steps.

use model::job::{Held, Job, Origin, StepRecord};
use sea_orm::FromQueryResult;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Error, Result,
    columns::{count, plain, word},
};

#[derive(FromQueryResult)]
pub(super) struct JobRow {
    id: Uuid,
    tenant_id: Uuid,
    kind: String,
    target: String,
    lane: String,
    payload: Value,
    resource: Option<String>,
    status: String,
    attempts: i32,
    lost_leases: i32,
    held_since: Option<OffsetDateTime>,
    held_until: Option<OffsetDateTime>,
    epoch: i64,
    cancel_requested: bool,
    parent_id: Option<Uuid>,
    waiting_on: Option<Uuid>,
    fault: Option<Value>,
    actor: String,
    correlation_id: String,
    traceparent: Option<String>,
    due_at: OffsetDateTime,
    created_at: OffsetDateTime,
    started_at: Option<OffsetDateTime>,
    finished_at: Option<OffsetDateTime>,
}

impl JobRow {
    pub(super) fn id(&self) -> Uuid {
        self.id
    }
}

impl TryFrom<JobRow> for Job {
    type Error = Error;

    fn try_from(row: JobRow) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            tenant_id: row.tenant_id.into(),
            kind: word("kind", row.kind)?,
            target: row.target,
            lane: word("lane", row.lane)?,
            payload: row.payload,
            resource: row.resource,
            status: word("status", row.status)?,
            attempts: count("attempts", row.attempts)?,
            lost_leases: count("lost_leases", row.lost_leases)?,
            held: row.held_since.zip(row.held_until).map(|(since, until)| Held { since, until }),
            epoch: row.epoch,
            cancel_requested: row.cancel_requested,
            parent_id: row.parent_id.map(Into::into),
            waiting_on: row.waiting_on.map(Into::into),
            fault: row.fault.map(|fault| plain("fault", fault)).transpose()?,
            origin: Origin {
                actor: row.actor,
                correlation_id: row.correlation_id,
                traceparent: row.traceparent,
                client_address: None,
            },
            due_at: row.due_at,
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
        })
    }
}

#[derive(FromQueryResult)]
pub(super) struct StepRow {
    position: i16,
    name: String,
    status: String,
    attempts: i32,
    output: Option<Value>,
    fault: Option<Value>,
    started_at: OffsetDateTime,
    finished_at: Option<OffsetDateTime>,
}

impl TryFrom<StepRow> for StepRecord {
    type Error = Error;

    fn try_from(row: StepRow) -> Result<Self> {
        let position = u16::try_from(row.position)
            .map_err(|_| Error::Unreadable(format!("position: {}", row.position)))?;
        Ok(Self {
            position,
            name: row.name,
            status: word("status", row.status)?,
            attempts: count("attempts", row.attempts)?,
            output: row.output,
            fault: row.fault.map(|fault| plain("fault", fault)).transpose()?,
            started_at: row.started_at,
            finished_at: row.finished_at,
        })
    }
}
