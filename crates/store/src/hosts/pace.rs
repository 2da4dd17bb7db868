//! The pace of calls to one server, shared by all gateways.

use std::time::Duration;

use model::{ids::ServerId, server::Pace};
use uuid::Uuid;

use crate::{
    Result, Store,
    columns::integer,
    statement::{execute, sql, value},
};

impl Store {
    /// Reserves the next reading call to a server, by the generic cell rate algorithm with a burst of one window's
    /// worth. Returns the time to wait before the call; `None`, and nothing is reserved, if that would be longer
    /// than `patience`.
    pub async fn reserve_read(
        &self,
        server: ServerId,
        Pace { calls, window }: Pace,
        patience: Duration,
    ) -> Result<Option<Duration>> {
        let statement = sql(
            "UPDATE server_pace
             SET reads_paid_at = greatest(reads_paid_at, clock_timestamp()) + interval '1 second' * ($3 / $2)
             WHERE server_id = $1
               AND reads_paid_at <= clock_timestamp() + interval '1 second' * ($3 - $3 / $2 + $4)
             RETURNING greatest(0, extract(epoch FROM reads_paid_at - clock_timestamp()) - $3)::float8 AS wait",
            [
                server.uuid().into(),
                f64::from(calls.max(1)).into(),
                window.as_secs_f64().into(),
                patience.as_secs_f64().into(),
            ],
        );
        let wait: Option<f64> = value(&self.db, statement).await?;
        Ok(wait.map(Duration::from_secs_f64))
    }

    /// Takes one of `slots` turns to change a server, for `for_` at most. `false`: others have them all.
    pub async fn take_turn(
        &self,
        server: ServerId,
        slots: u32,
        holder: Uuid,
        for_: Duration,
    ) -> Result<bool> {
        let statement = sql(
            "INSERT INTO server_turns AS turn (server_id, slot, holder, until)
             SELECT $1, slot, $3, clock_timestamp() + $4 * interval '1 second'
             FROM generate_series(1, $2) AS slot
             WHERE NOT EXISTS (SELECT FROM server_turns taken
                WHERE taken.server_id = $1 AND taken.slot = slot.slot AND until > clock_timestamp())
             LIMIT 1
             ON CONFLICT (server_id, slot) DO UPDATE SET holder = excluded.holder, until = excluded.until
             WHERE turn.until <= clock_timestamp()",
            [
                server.uuid().into(),
                integer("mutation_slots", slots)?.into(),
                holder.into(),
                for_.as_secs_f64().into(),
            ],
        );
        Ok(execute(&self.db, statement).await? == 1)
    }

    /// Holds a turn for `for_` from now. `false`: it is lost.
    pub async fn keep_turn(&self, server: ServerId, holder: Uuid, for_: Duration) -> Result<bool> {
        let statement = sql(
            "UPDATE server_turns SET until = clock_timestamp() + $3 * interval '1 second'
             WHERE server_id = $1 AND holder = $2",
            [server.uuid().into(), holder.into(), for_.as_secs_f64().into()],
        );
        Ok(execute(&self.db, statement).await? == 1)
    }

    /// Ends a turn, and withholds it from all for `for_`, so that the server can settle.
    pub async fn settle_turn(&self, server: ServerId, holder: Uuid, for_: Duration) -> Result<()> {
        let statement = sql(
            "UPDATE server_turns SET holder = NULL, until = clock_timestamp() + $3 * interval '1 second'
             WHERE server_id = $1 AND holder = $2",
            [server.uuid().into(), holder.into(), for_.as_secs_f64().into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Ends a turn.
    pub async fn end_turn(&self, server: ServerId, holder: Uuid) -> Result<()> {
        let text = "DELETE FROM server_turns WHERE server_id = $1 AND holder = $2";
        execute(&self.db, sql(text, [server.uuid().into(), holder.into()])).await?;
        Ok(())
    }
}
