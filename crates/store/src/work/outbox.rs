//! The outbox: messages to publish, written with the change they report, deleted once the broker confirms them.

use std::{collections::BTreeMap, time::Duration};

use sea_orm::FromQueryResult;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Error, Result, Store, Tx,
    columns::{document, plain, seconds},
    statement::{all, execute, sql, value},
};

/// The exchange of wake-ups; the routing key is the last word of a queue's name.
pub const JOBS: &str = "praho.jobs";
/// The exchange of events; routing keys are their types.
pub const EVENTS: &str = "praho.events";
/// The exchange, and the queue, of commands.
pub const COMMANDS: &str = "praho.commands";
/// The exchange of dead letters; routing keys are `<queue>.dead`.
pub const DEAD: &str = "praho.dead";

/// A message to publish.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// One of the exchanges above.
    pub exchange: &'static str,
    /// The routing key, as the exchange above defines it.
    pub routing_key: String,
    /// The AMQP property `type`.
    pub message_type: String,
    /// The AMQP property `content_type`.
    pub content_type: &'static str,
    /// The body, as JSON. Never a secret.
    pub body: Value,
    /// Further AMQP headers.
    pub headers: BTreeMap<String, String>,
    /// The correlation id of the request that led to this message.
    pub correlation_id: String,
    /// The W3C trace context.
    pub traceparent: Option<String>,
    /// The delay before it is published.
    pub delay: Duration,
}

/// A message that a relay has leased.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxRow {
    /// The number of the row.
    pub id: i64,
    /// The AMQP property `message_id`, the same at every attempt.
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
    /// The time of writing.
    pub created_at: OffsetDateTime,
}

/// The lag of publishing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutboxLag {
    /// Rows that are due.
    pub rows: i64,
    /// Seconds since the oldest of them was due.
    pub oldest_seconds: f64,
}

impl Tx {
    /// Writes a message, to be published after the commit.
    pub async fn publish(&self, message: &NewMessage) -> Result<()> {
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
                document("headers", &message.headers)?.into(),
                message.correlation_id.as_str().into(),
                message.traceparent.clone().into(),
                message.delay.as_secs_f64().into(),
            ],
        );
        execute(&self.db, statement).await?;
        self.changes.outbox();
        Ok(())
    }
}

impl Store {
    /// Returns once something was written to the outbox through this store or a clone of it, since the last
    /// time that this returned. Other processes have relays of their own.
    pub async fn outbox_written(&self) {
        self.announcer.outbox_written().await;
    }

    /// Leases messages that are due, oldest first; other relays leave them alone meanwhile. A crash of the database may
    /// take the lease back: then they are published twice. Deletes those in `published`, as
    /// [`Store::outbox_published`] does.
    pub async fn lease_outbox(
        &self,
        limit: u32,
        lease: Duration,
        published: &[i64],
    ) -> Result<Vec<OutboxRow>> {
        let statement = sql(
            "WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS set),
             published AS (DELETE FROM outbox USING quick WHERE id = ANY($3)),
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
        all::<LeasedRow, _>(&self.db, statement).await
    }

    /// Deletes messages that the broker has confirmed. A database crash may bring them back; they are then
    /// published twice, as after a crash of the relay just before this call.
    pub async fn outbox_published(&self, ids: &[i64]) -> Result<()> {
        let statement = sql(
            "WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS set)
             DELETE FROM outbox USING quick WHERE id = ANY($1)",
            [ids.to_vec().into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Gives back messages that could not be published. Each is due again after a pause that doubles up to five
    /// seconds.
    pub async fn outbox_failed(&self, failures: &[(i64, String)]) -> Result<()> {
        let (ids, errors): (Vec<i64>, Vec<String>) = failures.iter().cloned().unzip();
        let statement = sql(
            "UPDATE outbox SET leased_until = NULL, last_error = failed.error,
                available_at = now() + least(5, 0.25 * 2 ^ least(attempts, 10)) * interval '1 second'
             FROM unnest($1::bigint[], $2::text[]) AS failed (id, error)
             WHERE outbox.id = failed.id",
            [ids.into(), errors.into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// The time until the next message is due; `None` if there is none.
    pub async fn next_outbox_due(&self) -> Result<Option<Duration>> {
        // `greatest` ignores nulls, so a missing lease does not count. A `greatest(0, …)` around the whole would
        // report an empty outbox as due now.
        let statement = sql(
            "SELECT extract(epoch FROM min(greatest(available_at, leased_until)) - now())::float8
             FROM outbox",
            [],
        );
        let wait: Option<Option<f64>> = value(&self.db, statement).await?;
        Ok(wait.flatten().map(seconds))
    }

    /// The lag of publishing: the due rows and the age of the oldest.
    pub async fn outbox_lag(&self) -> Result<OutboxLag> {
        let statement = sql(
            "SELECT count(*), coalesce(extract(epoch FROM now() - min(available_at)), 0)::float8
             FROM outbox WHERE available_at <= now()",
            [],
        );
        let lag: Option<(i64, f64)> = value(&self.db, statement).await?;
        let (rows, oldest_seconds) = lag.unwrap_or_default();
        Ok(OutboxLag { rows, oldest_seconds })
    }
}

#[derive(FromQueryResult)]
struct LeasedRow {
    id: i64,
    message_id: Uuid,
    exchange: String,
    routing_key: String,
    message_type: String,
    content_type: String,
    body: Value,
    headers: Value,
    correlation_id: String,
    traceparent: Option<String>,
    created_at: OffsetDateTime,
}

impl TryFrom<LeasedRow> for OutboxRow {
    type Error = Error;

    fn try_from(row: LeasedRow) -> Result<Self> {
        Ok(Self {
            id: row.id,
            message_id: row.message_id,
            exchange: row.exchange,
            routing_key: row.routing_key,
            message_type: row.message_type,
            content_type: row.content_type,
            body: row.body,
            headers: plain("headers", row.headers)?,
            correlation_id: row.correlation_id,
            traceparent: row.traceparent,
            created_at: row.created_at,
        })
    }
}
