//! The pace of calls to one server, kept over all gateways, and the fence of the job behind a call.

use std::time::Duration;

use model::ids::{JobId, ServerId};
use sea_orm::{ConnectionTrait, Statement};
use uuid::Uuid;

use crate::{Result, Store, claims::Hold, sql};

impl Store {
    /// Reserves the next reading call to a server, by the generic cell rate algorithm with a burst of one
    /// second's worth. The answer says how long to wait first; `None`, and nothing is reserved, if that
    /// were longer than `patience`.
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
        let row = self.db.query_one_raw(statement).await?;
        let wait: Option<f64> = row.map(|it| it.try_get("", "wait")).transpose()?;
        Ok(wait.map(Duration::from_secs_f64))
    }

    /// Takes the right to change a server, or keeps it, for so long at most. `false`: someone else has it.
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
        Ok(self.db.execute_raw(statement).await?.rows_affected() == 1)
    }

    /// Gives that right up, so that nobody has it for so long: the server is to come to rest.
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
        self.db.execute_raw(statement).await?;
        Ok(())
    }

    /// Gives that right back.
    pub async fn release_mutation(&self, server: ServerId, holder: Uuid) -> Result<()> {
        let statement = sql(
            "UPDATE server_pace SET mutation_holder = NULL, mutation_until = '-infinity'
             WHERE server_id = $1 AND mutation_holder = $2",
            [server.uuid().into(), holder.into()],
        );
        self.db.execute_raw(statement).await?;
        Ok(())
    }

    /// The fence: whether a job is still in the hands of who claimed it under this epoch.
    pub async fn holds_lease(&self, job: JobId, epoch: i64) -> Result<bool> {
        Ok(self.db.query_one_raw(lease_of(Hold { job, epoch })).await?.is_some())
    }
}

/// Has a row if the job is still in the hands of who claimed it under this epoch.
pub(crate) fn lease_of(hold: Hold) -> Statement {
    sql(
        "SELECT FROM jobs WHERE id = $1 AND epoch = $2 AND lease_until > clock_timestamp()
            AND status IN ('running', 'unwinding')",
        [hold.job.uuid().into(), hold.epoch.into()],
    )
}
