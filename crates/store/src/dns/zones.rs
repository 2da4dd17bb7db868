//! Wanted zones, with their records.

use model::{
    dns::Zone,
    ids::{AccountId, DnsServerId, ZoneId},
};
use sea_orm::{FromQueryResult, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Error, Result, Store, Tx,
    columns::{document, parsed, plain},
    statement::{all, execute, one, sql, value},
};

impl Tx {
    /// Records a zone as wanted: adds it, or changes the zone that its account has, which stays on its DNS server as long
    /// as it is wanted there. Returns the id of the zone, which is not verified from now on.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] by `zones_wanted_name` if the DNS server has a wanted zone of this name already;
    /// [`Error::Refused`] by `dns_server_deleted`.
    pub async fn want_zone(&self, zone: &Zone) -> Result<ZoneId> {
        let wanted = sql(
            "INSERT INTO zones (id, tenant_id, account_id, dns_server_id, name, wanted)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (account_id) DO UPDATE
                SET name = excluded.name, wanted = excluded.wanted, verified_at = NULL,
                    dns_server_id = CASE WHEN zones.wanted THEN zones.dns_server_id ELSE excluded.dns_server_id END
             RETURNING id",
            [
                zone.id.uuid().into(),
                zone.tenant_id.uuid().into(),
                zone.account_id.map(AccountId::uuid).into(),
                zone.dns_server_id.uuid().into(),
                zone.name.as_str().into(),
                zone.wanted.into(),
            ],
        );
        let id: Option<Uuid> = value(&self.db, wanted).await?;
        let id = id.ok_or_else(|| {
            Error::Internal(format!("zone {} was written and has no id", zone.name))
        })?;
        let old = sql("DELETE FROM zone_records WHERE zone_id = $1", [id.into()]);
        execute(&self.db, old).await?;
        let new = sql(
            "INSERT INTO zone_records (zone_id, name, kind, ttl, contents)
             SELECT $1, name, kind, ttl, contents
             FROM jsonb_to_recordset($2) AS record (name text, kind text, ttl bigint, contents text[])",
            [id.into(), document("records", &zone.records)?.into()],
        );
        execute(&self.db, new).await?;
        Ok(id.into())
    }

    /// Records that the account's zone is no longer wanted. Returns the zone and its DNS server; `None` if the
    /// account has no zone.
    pub async fn unwant_zone(&self, account: AccountId) -> Result<Option<(ZoneId, DnsServerId)>> {
        let statement = sql(
            "UPDATE zones SET wanted = false, verified_at = NULL WHERE account_id = $1
             RETURNING id, dns_server_id",
            [account.uuid().into()],
        );
        let unwanted: Option<(Uuid, Uuid)> = value(&self.db, statement).await?;
        Ok(unwanted.map(|(zone, server)| (zone.into(), server.into())))
    }

    /// Records that every name server has just answered as wanted.
    pub async fn zone_verified(&self, zone: ZoneId) -> Result<()> {
        let statement =
            sql("UPDATE zones SET verified_at = now() WHERE id = $1", [zone.uuid().into()]);
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Records that a zone is no longer verified; `false` if it was not before.
    pub async fn zone_unverified(&self, zone: ZoneId) -> Result<bool> {
        let statement = sql(
            "UPDATE zones SET verified_at = NULL WHERE id = $1 AND verified_at IS NOT NULL",
            [zone.uuid().into()],
        );
        Ok(execute(&self.db, statement).await? > 0)
    }
}

impl Store {
    /// When every name server last answered as wanted; `None`: not since the zone was last changed.
    pub async fn zone_verified_at(&self, zone: ZoneId) -> Result<Option<OffsetDateTime>> {
        let statement = sql("SELECT verified_at FROM zones WHERE id = $1", [zone.uuid().into()]);
        Ok(value(&self.db, statement).await?.flatten())
    }

    /// A zone with its records.
    pub async fn zone(&self, id: ZoneId) -> Result<Option<Zone>> {
        self.find_zone("id", id.uuid().into()).await
    }

    /// The zone of an account, with its records.
    pub async fn zone_of(&self, account: AccountId) -> Result<Option<Zone>> {
        self.find_zone("account_id", account.uuid().into()).await
    }

    /// The next `size` wanted zones of a DNS server, with their records, in the order of their ids.
    pub async fn wanted_zones(
        &self,
        server: DnsServerId,
        after: Option<ZoneId>,
        size: u32,
    ) -> Result<Vec<Zone>> {
        let text =
            format!("{ZONES} WHERE dns_server_id = $1 AND wanted AND id > $2 ORDER BY id LIMIT $3");
        let after = after.map_or(Uuid::nil(), ZoneId::uuid);
        let values = [server.uuid().into(), after.into(), i64::from(size).into()];
        all::<ZoneRow, _>(&self.db, sql(&text, values)).await
    }

    async fn find_zone(&self, column: &str, value: Value) -> Result<Option<Zone>> {
        one::<ZoneRow, _>(&self.db, sql(&format!("{ZONES} WHERE {column} = $1"), [value])).await
    }
}

/// Zones with their records, in one statement, so that they are of one moment.
const ZONES: &str = "SELECT *, (
        SELECT coalesce(jsonb_agg(record ORDER BY record.name, record.kind), '[]')
        FROM zone_records record WHERE record.zone_id = zone.id) AS records
    FROM zones zone";

#[derive(FromQueryResult)]
struct ZoneRow {
    id: Uuid,
    tenant_id: Uuid,
    account_id: Option<Uuid>,
    dns_server_id: Uuid,
    name: String,
    wanted: bool,
    records: serde_json::Value,
}

impl TryFrom<ZoneRow> for Zone {
    type Error = Error;

    fn try_from(row: ZoneRow) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            tenant_id: row.tenant_id.into(),
            account_id: row.account_id.map(Into::into),
            dns_server_id: row.dns_server_id.into(),
            name: parsed("name", &row.name)?,
            wanted: row.wanted,
            records: plain("records", row.records)?,
        })
    }
}
