//! The pace of calls to one server, shared by all gateways.

use std::time::Duration;

use model::ids::ServerId;
use uuid::Uuid;

use crate::{
    Result, Store,
    statement::{execute, sql, value},
};

impl Store {
    /// Reserves the next reading call to a server, by the generic cell rate algorithm with a burst of one second's
    /// worth. Returns the time to wait before the call; `None`, and nothing is reserved, if that would be longer
    /// than `patience`.
    pub async fn reserve_read(
        &self,
        server: ServerId,
        reads_per_second: u32,
        patience: Duration,
    ) -> Result<Option<Duration>> {
        let statement = sql(
            "UPDATE server_pace
             SET reads_paid_at = greatest(reads_paid_at, clock_timestamp()) + interval '1 second' / $2
             WHERE server_id = $1
               AND reads_paid_at <= clock_timestamp() + interval '1 second' * (1 - 1.0 / $2 + $3)
             RETURNING greatest(0, extract(epoch FROM reads_paid_at - clock_timestamp() - interval '1 second'))::float8 AS wait",
            [server.uuid().into(), f64::from(reads_per_second.max(1)).into(), patience.as_secs_f64().into()],
        );
        let wait: Option<f64> = value(&self.db, statement).await?;
        Ok(wait.map(Duration::from_secs_f64))
    }

    /// Takes or renews the right to change a server, for `for_` at most. `false`: another holder has it.
    pub async fn take_mutation(
        &self,
        server: ServerId,
        holder: Uuid,
        for_: Duration,
    ) -> Result<bool> {
        let statement = sql(
            "UPDATE server_pace SET mutation_holder = $2,
                mutation_until = clock_timestamp() + $3 * interval '1 second'
             WHERE server_id = $1 AND (mutation_until <= clock_timestamp() OR mutation_holder = $2)",
            [server.uuid().into(), holder.into(), for_.as_secs_f64().into()],
        );
        Ok(execute(&self.db, statement).await? == 1)
    }

    /// Ends that right, and withholds it from all holders for `for_`, so that the server can settle.
    pub async fn settle_mutation(
        &self,
        server: ServerId,
        holder: Uuid,
        for_: Duration,
    ) -> Result<()> {
        let statement = sql(
            "UPDATE server_pace SET mutation_holder = NULL,
                mutation_until = clock_timestamp() + $3 * interval '1 second'
             WHERE server_id = $1 AND mutation_holder = $2",
            [server.uuid().into(), holder.into(), for_.as_secs_f64().into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Releases that right.
    pub async fn release_mutation(&self, server: ServerId, holder: Uuid) -> Result<()> {
        let statement = sql(
            "UPDATE server_pace SET mutation_holder = NULL, mutation_until = '-infinity'
             WHERE server_id = $1 AND mutation_holder = $2",
            [server.uuid().into(), holder.into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }
}
