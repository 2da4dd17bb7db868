//! What is to be published: written with the change that it tells of, deleted once the broker has it.

use std::{collections::BTreeMap, time::Duration};

use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Result, Store, Tx, jobs::read_json, sql};

/// The exchange of wake-ups; routing keys are queues' last words.
pub const JOBS: &str = "praho.jobs";
/// The exchange of events; routing keys are their types.
pub const EVENTS: &str = "praho.events";
/// The exchange, and the queue, of commands.
pub const COMMANDS: &str = "praho.commands";
/// The exchange of dead letters; routing keys are `<queue>.dead`.
pub const DEAD: &str = "praho.dead";

/// A message to be published.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// One of the exchanges above.
    pub exchange: &'static str,
    /// As the exchange wants it.
    pub routing_key: String,
    /// The AMQP property `type`.
    pub message_type: String,
    /// The AMQP property `content_type`.
    pub content_type: &'static str,
    /// The body, as JSON. Never a secret.
    pub body: Value,
    /// Further headers.
    pub headers: BTreeMap<String, String>,
    /// As given by whoever asked for what this tells of.
    pub correlation_id: String,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// Not to be published before so long has passed.
    pub delay: Duration,
}

/// A message that a relay has leased.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxRow {
    /// Its number.
    pub id: i64,
    /// The AMQP property `message_id`: the same at every attempt.
    pub message_id: Uuid,
    /// As in [`NewMessage`].
    pub exchange: String,
    /// As in [`NewMessage`].
    pub routing_key: String,
    /// As in [`NewMessage`].
    pub message_type: String,
    /// As in [`NewMessage`].
    pub content_type: String,
    /// As in [`NewMessage`].
    pub body: Value,
    /// As in [`NewMessage`].
    pub headers: BTreeMap<String, String>,
    /// As in [`NewMessage`].
    pub correlation_id: String,
    /// As in [`NewMessage`].
    pub traceparent: Option<String>,
    /// When it was written.
    pub created_at: OffsetDateTime,
}

/// How far publishing lags behind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutboxLag {
    /// Rows that are due.
    pub rows: i64,
    /// Age of the oldest of them, from the moment it was due, in seconds.
    pub oldest_seconds: f64,
}

impl Tx {
    /// Writes a message, to be published after the commit.
    pub async fn publish(&self, message: &NewMessage) -> Result<()> {
        let headers = serde_json::to_value(&message.headers).expect("text is plain data");
        let statement = sql(
            "INSERT INTO outbox (message_id, exchange, routing_key, message_type, content_type, body,
                                 headers, correlation_id, traceparent, available_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + $10 * interval '1 second')",
            [
                Uuid::now_v7().into(),
                message.exchange.into(),
                message.routing_key.as_str().into(),
                message.message_type.as_str().into(),
                message.content_type.into(),
                message.body.clone().into(),
                headers.into(),
                message.correlation_id.as_str().into(),
                message.traceparent.clone().into(),
                message.delay.as_secs_f64().into(),
            ],
        );
        self.db.execute_raw(statement).await?;
        self.changes.outbox();
        Ok(())
    }
}

impl Store {
    /// Leases messages that are due, oldest first; other relays leave them alone meanwhile. A crash of the
    /// database may take the lease back: then they are published twice. Forgets those in `published` as
    /// [`Store::outbox_published`] does.
    pub async fn lease_outbox(
        &self,
        limit: u32,
        lease: Duration,
        published: &[i64],
    ) -> Result<Vec<OutboxRow>> {
        let statement = sql(
            "WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS set),
             forgotten AS (DELETE FROM outbox USING quick WHERE id = ANY($3)),
             due AS (
                SELECT id FROM outbox
                WHERE available_at <= now() AND (leased_until IS NULL OR leased_until < now()) AND id <> ALL($3)
                ORDER BY available_at, id LIMIT $1 FOR UPDATE SKIP LOCKED),
             leased AS (
                UPDATE outbox SET leased_until = now() + $2 * interval '1 second', attempts = attempts + 1
                FROM quick WHERE id IN (SELECT id FROM due) RETURNING outbox.*)
             SELECT * FROM leased ORDER BY id",
            [i64::from(limit).into(), lease.as_secs_f64().into(), published.to_vec().into()],
        );
        self.db.query_all_raw(statement).await?.iter().map(read_row).collect()
    }

    /// Forgets messages that the broker has confirmed. A crash of the database may bring them back, and then they
    /// are published twice, as after a crash of the relay just before.
    pub async fn outbox_published(&self, ids: &[i64]) -> Result<()> {
        let statement = sql(
            "WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS set)
             DELETE FROM outbox USING quick WHERE id = ANY($1)",
            [ids.to_vec().into()],
        );
        self.db.execute_raw(statement).await?;
        Ok(())
    }

    /// Lets messages go that could not be published; each comes again after a pause that doubles up to five seconds.
    pub async fn outbox_failed(&self, failures: &[(i64, String)]) -> Result<()> {
        let (ids, errors): (Vec<i64>, Vec<String>) = failures.iter().cloned().unzip();
        let statement = sql(
            "UPDATE outbox SET leased_until = NULL, last_error = failed.error,
                available_at = now() + least(5, 0.25 * 2 ^ least(attempts, 10)) * interval '1 second'
             FROM unnest($1::bigint[], $2::text[]) AS failed (id, error)
             WHERE outbox.id = failed.id",
            [ids.into(), errors.into()],
        );
        self.db.execute_raw(statement).await?;
        Ok(())
    }

    /// How long until the next message is due; `None` if there is none.
    pub async fn next_outbox_due(&self) -> Result<Option<Duration>> {
        // Unlike a sum, `greatest` passes over nulls: a lease that is not there does not count, and a
        // `greatest(0, …)` around it all would make an empty outbox one that is due now.
        let statement = sql(
            "SELECT extract(epoch FROM min(greatest(available_at, leased_until)) - now())::float8 AS wait
             FROM outbox",
            [],
        );
        let row = self.db.query_one_raw(statement).await?;
        let wait: Option<f64> = row.map(|it| it.try_get("", "wait")).transpose()?.flatten();
        Ok(wait.map(|it| Duration::try_from_secs_f64(it.max(0.0)).unwrap_or(Duration::MAX)))
    }

    /// How far publishing lags behind.
    pub async fn outbox_lag(&self) -> Result<OutboxLag> {
        let statement = sql(
            "SELECT count(*) AS rows, coalesce(extract(epoch FROM now() - min(available_at)), 0)::float8 AS oldest
             FROM outbox WHERE available_at <= now()",
            [],
        );
        let row = self.db.query_one_raw(statement).await?;
        let row = row.ok_or_else(|| crate::Error::Internal("a count without a row".to_owned()))?;
        Ok(OutboxLag { rows: row.try_get("", "rows")?, oldest_seconds: row.try_get("", "oldest")? })
    }
}

fn read_row(row: &QueryResult) -> Result<OutboxRow> {
    Ok(OutboxRow {
        id: row.try_get("", "id")?,
        message_id: row.try_get("", "message_id")?,
        exchange: row.try_get("", "exchange")?,
        routing_key: row.try_get("", "routing_key")?,
        message_type: row.try_get("", "message_type")?,
        content_type: row.try_get("", "content_type")?,
        body: row.try_get("", "body")?,
        headers: read_json("headers", row.try_get("", "headers")?)?,
        correlation_id: row.try_get("", "correlation_id")?,
        traceparent: row.try_get("", "traceparent")?,
        created_at: row.try_get("", "created_at")?,
    })
}
