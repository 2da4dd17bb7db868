//! Faults of servers: recorded once, tried again at a pace that all gateways share, and cleared with a wake-up of
//! the jobs that they held.

use std::time::Duration;

use model::{
    fault::Fault,
    ids::ServerId,
    server::{ServerFault, Stops},
};
use serde_json::Value;
use time::OffsetDateTime;

use crate::{
    Result, Store, Tx,
    columns::{document, plain, seconds, word},
    statement::{execute, sql, value},
};

/// The most jobs that one statement wakes.
const BATCH: i64 = 500;

impl Tx {
    /// Records that a server is out of service; it is not to be tried for `pause`. `false` if it was so already.
    pub async fn server_faulted(
        &self,
        id: ServerId,
        fault: &Fault,
        stops: Stops,
        pause: Duration,
    ) -> Result<bool> {
        let statement = sql(
            "UPDATE servers SET fault = $2, fault_since = coalesce(fault_since, now()), fault_stops = $3
             WHERE id = $1 RETURNING fault_since = now()",
            [id.uuid().into(), document("fault", fault)?.into(), stops.as_str().into()],
        );
        let new = value(&self.db, statement).await?.unwrap_or_default();
        self.next_server_try(id, pause).await?;
        Ok(new)
    }

    /// Clears the fault of a server; `false` if it has none.
    pub async fn server_recovered(&self, id: ServerId) -> Result<bool> {
        let statement = sql(
            "UPDATE servers SET fault = NULL, fault_since = NULL, fault_stops = NULL
             WHERE id = $1 AND fault IS NOT NULL",
            [id.uuid().into()],
        );
        Ok(execute(&self.db, statement).await? == 1)
    }

    /// Sets the time until the next try of a server that is out of service; zero lets the next call be one.
    pub async fn next_server_try(&self, id: ServerId, pause: Duration) -> Result<()> {
        let statement = sql(
            "UPDATE server_pace SET try_at = clock_timestamp() + $2 * interval '1 second' WHERE server_id = $1",
            [id.uuid().into(), pause.as_secs_f64().into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Makes jobs due that a server holds, up to a limit, and wakes the first of them; each wakes the next when it
    /// frees the server. `false` if there may be more.
    pub async fn wake_held_jobs(&self, server: ServerId) -> Result<bool> {
        let statement = sql(
            "SELECT job_wake_held_v1($1, $2, $3)",
            [server.mutation_slot().into(), server.target().into(), BATCH.into()],
        );
        let made_due: i64 = value(&self.db, statement).await?.unwrap_or_default();
        self.changes.outbox();
        Ok(made_due < BATCH)
    }
}

impl Store {
    /// Takes the right to the next try of a server that is out of service; no other call has it for `lease`. `Some`
    /// is the time to wait: the try is not due yet.
    pub async fn take_server_try(&self, id: ServerId, lease: Duration) -> Result<Option<Duration>> {
        let take = sql(
            "UPDATE server_pace SET try_at = clock_timestamp() + $2 * interval '1 second'
             WHERE server_id = $1 AND try_at <= clock_timestamp()",
            [id.uuid().into(), lease.as_secs_f64().into()],
        );
        if execute(&self.db, take).await? == 1 {
            return Ok(None);
        }
        let left = sql(
            "SELECT extract(epoch FROM try_at - clock_timestamp())::float8 FROM server_pace WHERE server_id = $1",
            [id.uuid().into()],
        );
        Ok(Some(seconds(value(&self.db, left).await?.unwrap_or_default())))
    }

    /// Gives that right back after a call that learned nothing about the server.
    pub async fn give_server_try_back(&self, id: ServerId) -> Result<()> {
        let tx = self.begin().await?;
        tx.next_server_try(id, Duration::ZERO).await?;
        tx.commit().await
    }
}

/// The fault in a server's row.
pub(super) fn fault(
    fault: Option<Value>,
    since: Option<OffsetDateTime>,
    stops: Option<String>,
) -> Result<Option<ServerFault>> {
    let (Some(fault), Some(since), Some(stops)) = (fault, since, stops) else { return Ok(None) };
    Ok(Some(ServerFault {
        fault: plain("fault", fault)?,
        since,
        stops: word("fault_stops", stops)?,
    }))
}
