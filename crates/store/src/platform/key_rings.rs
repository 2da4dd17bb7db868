//! The keys of running processes, and the rotation to another key.

use std::time::Duration;

use model::keys::{Key, Ring, Rotation};
use sea_orm::FromQueryResult;
use time::OffsetDateTime;
use uuid::Uuid;

use super::sealed_values::COUNTED;
use crate::{
    Error, Result, Store, Tx,
    columns::count,
    statement::{all, execute, is_there, one, sql, value, values},
};

/// How long the ring of a process that has died without a word is kept.
const KEPT: Duration = Duration::from_secs(600);

impl Store {
    /// Tells the ring of a running process, and forgets those of dead ones. `instance` is this run of the process.
    pub async fn tell_key_ring(&self, instance: Uuid, ring: &Ring) -> Result<()> {
        let (ids, marks): (Vec<_>, Vec<_>) =
            ring.keys.iter().map(|it| (it.id.clone(), it.mark.clone())).unzip();
        let statement = sql(
            "WITH dead AS (DELETE FROM key_rings WHERE seen_at < now() - $5 * interval '1 second')
             INSERT INTO key_rings (service, instance, key_ids, marks) VALUES ($1, $2, $3, $4)
             ON CONFLICT (service, instance) DO UPDATE SET seen_at = now()",
            [
                ring.service.as_str().into(),
                instance.into(),
                ids.into(),
                marks.into(),
                KEPT.as_secs_f64().into(),
            ],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Forgets the ring of a process that stops.
    pub async fn forget_key_ring(&self, service: &str, instance: Uuid) -> Result<()> {
        let text = "DELETE FROM key_rings WHERE service = $1 AND instance = $2";
        execute(&self.db, sql(text, [service.into(), instance.into()])).await?;
        Ok(())
    }

    /// The rings that were told within this time, by service.
    pub async fn key_rings(&self, within: Duration) -> Result<Vec<Ring>> {
        let statement = sql(
            "SELECT service, key_ids, marks FROM key_rings
             WHERE seen_at >= now() - $1 * interval '1 second' ORDER BY service, instance",
            [within.as_secs_f64().into()],
        );
        all::<RingRow, _>(&self.db, statement).await
    }

    /// How many processes of a service have told their rings within this time.
    pub async fn processes(&self, service: &str, within: Duration) -> Result<u64> {
        let text = "SELECT count(*) FROM key_rings WHERE service = $1 AND seen_at >= now() - $2 * interval '1 second'";
        let statement = sql(text, [service.into(), within.as_secs_f64().into()]);
        let number: Option<i64> = value(&self.db, statement).await?;
        Ok(u64::from(count("processes", number.unwrap_or_default())?))
    }

    /// The last rotation that was asked for.
    pub async fn key_rotation(&self) -> Result<Option<Rotation>> {
        let statement = sql("SELECT * FROM key_rotation", []);
        one::<RotationRow, _>(&self.db, statement).await
    }

    /// The key of the rotation that is not finished.
    pub async fn wanted_key(&self) -> Result<Option<String>> {
        let text = "SELECT key_id FROM key_rotation WHERE finished_at IS NULL";
        value(&self.db, sql(text, [])).await
    }

    /// The keys that have signed heads of the audit log, and how many; counting ends at [`COUNTED`].
    pub async fn keys_of_audit_heads(&self) -> Result<Vec<(String, u32)>> {
        let statement = sql(
            "WITH RECURSIVE used (key_id) AS (
                (SELECT key_id FROM audit_heads ORDER BY key_id LIMIT 1)
                UNION ALL
                SELECT (SELECT key_id FROM audit_heads WHERE key_id > used.key_id ORDER BY key_id LIMIT 1)
                FROM used WHERE used.key_id IS NOT NULL)
             SELECT key_id, (SELECT count(*) FROM (
                SELECT FROM audit_heads WHERE key_id = used.key_id LIMIT $1) counted)
             FROM used WHERE key_id IS NOT NULL",
            [i64::from(COUNTED).into()],
        );
        let found: Vec<(String, i64)> = values(&self.db, statement).await?;
        found.into_iter().map(|(id, heads)| Ok((id, count("heads", heads)?))).collect()
    }
}

impl Tx {
    /// Opens a rotation to a key, in place of the one before; `false` if one to this key is open already.
    pub async fn open_key_rotation(&self, key_id: &str, asked_by: &str) -> Result<bool> {
        let statement = sql(
            "INSERT INTO key_rotation AS known (key_id, asked_by) VALUES ($1, $2)
             ON CONFLICT (is_one) DO UPDATE
             SET key_id = $1, asked_by = $2, asked_at = now(), resealed = 0, finished_at = NULL
             WHERE known.key_id <> $1 OR known.finished_at IS NOT NULL
             RETURNING 1",
            [key_id.into(), asked_by.into()],
        );
        if !is_there(&self.db, statement).await? {
            return Ok(false);
        }
        execute(&self.db, sql("DELETE FROM unopened_values", [])).await?;
        Ok(true)
    }

    /// The rotation, as this transaction sees it.
    pub async fn key_rotation(&self) -> Result<Option<Rotation>> {
        let statement = sql("SELECT * FROM key_rotation", []);
        one::<RotationRow, _>(&self.db, statement).await
    }

    /// Adds to the number of values that were sealed anew. Call it last: its lock is shared by all services.
    pub async fn count_resealed(&self, key_id: &str, resealed: usize) -> Result<()> {
        let text = "UPDATE key_rotation SET resealed = resealed + $2 WHERE key_id = $1";
        let resealed = i64::try_from(resealed).unwrap_or(i64::MAX);
        execute(&self.db, sql(text, [key_id.into(), resealed.into()])).await?;
        Ok(())
    }

    /// Ends the rotation to a key; `None` if it has ended already, or another was asked for.
    pub async fn finish_key_rotation(&self, key_id: &str) -> Result<Option<Rotation>> {
        let statement = sql(
            "UPDATE key_rotation SET finished_at = now() WHERE key_id = $1 AND finished_at IS NULL RETURNING *",
            [key_id.into()],
        );
        one::<RotationRow, _>(&self.db, statement).await
    }
}

#[derive(FromQueryResult)]
struct RingRow {
    service: String,
    key_ids: Vec<String>,
    marks: Vec<String>,
}

impl TryFrom<RingRow> for Ring {
    type Error = Error;

    fn try_from(row: RingRow) -> Result<Self> {
        let keys = row.key_ids.into_iter().zip(row.marks).map(|(id, mark)| Key { id, mark });
        Ok(Self { service: row.service, keys: keys.collect() })
    }
}

#[derive(FromQueryResult)]
struct RotationRow {
    key_id: String,
    asked_at: OffsetDateTime,
    asked_by: String,
    resealed: i64,
    finished_at: Option<OffsetDateTime>,
}

impl TryFrom<RotationRow> for Rotation {
    type Error = Error;

    fn try_from(row: RotationRow) -> Result<Self> {
        Ok(Self {
            key_id: row.key_id,
            asked_at: row.asked_at,
            asked_by: row.asked_by,
            resealed: row.resealed.unsigned_abs(),
            finished_at: row.finished_at,
        })
    }
}
