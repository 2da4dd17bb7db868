//! Sweeps of servers: each server is due on its schedule, and one replica claims it and sweeps it.

use std::time::Duration;

use model::{
    drift::{Policy, Schedule},
    ids::ServerId,
    server::{Server, ServerStatus},
};
use sea_orm::{FromQueryResult, Statement};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Error, Result, Store, Tx,
    columns::{count, integer, word},
    statement::{execute, one, sql, value},
};

/// The longest stored error, in characters.
const MAX_ERROR: usize = 1000;

/// A server that this replica has claimed for a sweep until the lease ends.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The server.
    pub server: Server,
    /// When the sweep began, by the database's clock.
    pub started_at: OffsetDateTime,
    /// Which differences on the server are healed without a request.
    pub policy: Policy,
    /// Health checks that failed in a row, before this one.
    pub failures: u32,
    /// The status that failed checks have set, if it has not been changed since.
    pub set_status: Option<ServerStatus>,
    /// Identifies this claim.
    holder: Uuid,
}

/// How a sweep ended.
#[derive(Clone, Copy, Debug)]
pub struct SweepEnd<'a> {
    /// Health checks that failed in a row, with this one.
    pub failures: u32,
    /// Why the check failed. Never holds a secret.
    pub error: Option<&'a str>,
    /// The status that failed checks have set.
    pub set_status: Option<ServerStatus>,
    /// The time to the next sweep. A jitter of a tenth either way keeps servers from falling into step.
    pub next_in: Duration,
}

/// The number of servers that fail their checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failing {
    /// Servers whose last check failed, without the one being swept.
    pub others: u32,
    /// All servers that are swept, with the one being swept.
    pub all: u32,
}

impl Store {
    /// Adds servers to the schedule that are not on it yet. They are due now.
    pub async fn ensure_sweeps(&self) -> Result<()> {
        let statement = sql(
            "INSERT INTO server_sweeps (server_id)
             SELECT id FROM servers server
             WHERE deleted_at IS NULL AND NOT EXISTS (SELECT FROM server_sweeps WHERE server_id = server.id)
             ON CONFLICT DO NOTHING",
            [],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Claims the server that has been due longest and that no other sweep holds. Servers without a panel are left
    /// out, and so are servers under maintenance, never verified or deleted.
    pub async fn claim_sweep(&self, lease: Duration) -> Result<Option<Sweep>> {
        let holder = Uuid::now_v7();
        let statement = sql(
            "UPDATE server_sweeps sweep SET
                holder = $1, lease_until = now() + $2 * interval '1 second', last_started_at = now(),
                set_status = CASE WHEN sweep.set_status = server.status THEN sweep.set_status END
             FROM servers server
             WHERE server.id = sweep.server_id AND sweep.server_id = (
                SELECT due.server_id FROM server_sweeps due JOIN servers ON servers.id = due.server_id
                WHERE due.due_at <= now() AND (due.holder IS NULL OR due.lease_until < now())
                  AND servers.status NOT IN ('maintenance', 'unverified') AND servers.kind = 'virtualmin'
                  AND servers.deleted_at IS NULL
                ORDER BY due.due_at LIMIT 1 FOR UPDATE OF due SKIP LOCKED)
             RETURNING sweep.*",
            [holder.into(), lease.as_secs_f64().into()],
        );
        let claimed = one::<ClaimRow, ClaimRow>(&self.db, statement).await?;
        let Some(row) = claimed else { return Ok(None) };
        let id = ServerId::from(row.server_id);
        // It may have been deleted a moment ago.
        let Some(server) = self.server_by_id(id).await? else { return Ok(None) };
        Ok(Some(Sweep {
            server,
            started_at: row.last_started_at,
            policy: row.schedule.policy()?,
            failures: count("failures", row.schedule.failures)?,
            set_status: row.set_status.map(|status| word("set_status", status)).transpose()?,
            holder,
        }))
    }

    /// Gives back a server without a result. Any replica may claim it again when `pause` has passed since the
    /// start of this sweep, or at once if another sweep was requested meanwhile.
    pub async fn give_sweep_back(&self, sweep: &Sweep, pause: Duration) -> Result<()> {
        let statement = sql(
            "UPDATE server_sweeps SET holder = NULL, lease_until = NULL,
                due_at = CASE WHEN due_at > last_started_at THEN due_at
                    ELSE last_started_at + $2 * interval '1 second' END
             WHERE holder = $1",
            [sweep.holder.into(), pause.as_secs_f64().into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// The schedule of a server; `None` if it is not on the schedule yet.
    pub async fn sweep_schedule(&self, server: ServerId) -> Result<Option<Schedule>> {
        let statement =
            sql("SELECT * FROM server_sweeps WHERE server_id = $1", [server.uuid().into()]);
        one::<ScheduleRow, _>(&self.db, statement).await
    }
}

impl Tx {
    /// Sets which differences on a server are healed without a request, from the next sweep on.
    pub async fn set_drift_policy(&self, server: ServerId, policy: Policy) -> Result<Schedule> {
        let statement = sql(
            "INSERT INTO server_sweeps (server_id, terms_policy, unknown_policy) VALUES ($1, $2, $3)
             ON CONFLICT (server_id) DO UPDATE
                SET terms_policy = excluded.terms_policy, unknown_policy = excluded.unknown_policy
             RETURNING *",
            [
                server.uuid().into(),
                policy.terms.as_str().into(),
                policy.unknown.as_str().into(),
            ],
        );
        self.changed_schedule(statement).await
    }

    /// Makes a server due now. A sweep under way continues, and the next one follows it at once.
    pub async fn make_sweep_due(&self, server: ServerId) -> Result<Schedule> {
        let statement = sql(
            "INSERT INTO server_sweeps (server_id) VALUES ($1)
             ON CONFLICT (server_id) DO UPDATE SET due_at = now() RETURNING *",
            [server.uuid().into()],
        );
        self.changed_schedule(statement).await
    }

    async fn changed_schedule(&self, statement: Statement) -> Result<Schedule> {
        let schedule = one::<ScheduleRow, _>(&self.db, statement).await?;
        schedule.ok_or_else(|| Error::Internal("a change without a row".to_owned()))
    }

    /// Ends a sweep. `false` means that it took too long: another replica may have the server by now, so the
    /// result must not be written.
    pub async fn finish_sweep(&self, sweep: &Sweep, end: SweepEnd<'_>) -> Result<bool> {
        let error = end.error.map(|error| error.chars().take(MAX_ERROR).collect::<String>());
        let statement = sql(
            "UPDATE server_sweeps SET holder = NULL, lease_until = NULL, last_finished_at = now(),
                failures = $2, last_error = $3, set_status = $4,
                -- Another may have been asked for while this one was under way.
                due_at = CASE WHEN due_at > last_started_at THEN due_at
                    ELSE now() + $5 * (0.9 + random() * 0.2) * interval '1 second' END
             WHERE holder = $1 AND lease_until > now()",
            [
                sweep.holder.into(),
                integer("failures", end.failures)?.into(),
                error.into(),
                end.set_status.map(|status| status.as_str().to_owned()).into(),
                end.next_in.as_secs_f64().into(),
            ],
        );
        Ok(execute(&self.db, statement).await? == 1)
    }

    /// The number of servers that fail their checks, over all tenants; `asking` is the one being swept.
    pub async fn failing_servers(&self, asking: ServerId) -> Result<Failing> {
        let statement = sql(
            "SELECT count(*) FILTER (WHERE sweep.failures > 0 AND sweep.server_id <> $1), count(*)
             FROM server_sweeps sweep JOIN servers ON servers.id = sweep.server_id
             WHERE servers.status NOT IN ('maintenance', 'unverified') AND servers.kind = 'virtualmin'
               AND servers.deleted_at IS NULL",
            [asking.uuid().into()],
        );
        let counted: Option<(i64, i64)> = value(&self.db, statement).await?;
        let (others, all) = counted.unwrap_or_default();
        Ok(Failing { others: count("failing", others)?, all: count("looked at", all)? })
    }
}

/// The row of a claimed server.
#[derive(FromQueryResult)]
struct ClaimRow {
    server_id: Uuid,
    last_started_at: OffsetDateTime,
    set_status: Option<String>,
    #[sea_orm(nested)]
    schedule: ScheduleRow,
}

#[derive(FromQueryResult)]
struct ScheduleRow {
    terms_policy: String,
    unknown_policy: String,
    due_at: OffsetDateTime,
    last_finished_at: Option<OffsetDateTime>,
    failures: i32,
    last_error: Option<String>,
}

impl ScheduleRow {
    fn policy(&self) -> Result<Policy> {
        Ok(Policy {
            terms: word("terms_policy", self.terms_policy.clone())?,
            unknown: word("unknown_policy", self.unknown_policy.clone())?,
        })
    }
}

impl TryFrom<ScheduleRow> for Schedule {
    type Error = Error;

    fn try_from(row: ScheduleRow) -> Result<Self> {
        Ok(Self {
            policy: row.policy()?,
            due_at: row.due_at,
            swept_at: row.last_finished_at,
            failures: count("failures", row.failures)?,
            last_error: row.last_error,
        })
    }
}
