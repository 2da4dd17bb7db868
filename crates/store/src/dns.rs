//! DNS servers that we write to, and zones as we want them.

use std::fmt;

use model::{
    dns::{DnsServer, Zone},
    ids::{AccountId, DnsServerId, TenantId, ZoneId},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QueryResult, QuerySelect, Value,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Error, Result, Store, Tx,
    claims::Hold,
    entity::{dns_server, document, parsed, word},
    jobs::read_json,
    pace::lease_of,
    page::Page,
    sql,
};

/// A DNS server with the key to its API. Prints nothing of the key.
#[derive(Clone)]
pub struct DnsAccess {
    /// The server.
    pub server: DnsServer,
    /// Sealed for `dns-server/<id>/api-key`.
    pub sealed_api_key: Vec<u8>,
}

impl fmt::Debug for DnsAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DnsAccess").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Tx {
    /// Adds a DNS server.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] by `dns_servers_tenant_id_name_key`.
    pub async fn insert_dns_server(&self, new: &DnsServer, sealed_api_key: &[u8]) -> Result<()> {
        let statement = sql(
            "INSERT INTO dns_servers (id, tenant_id, name, kind, api_url, sealed_api_key, nameservers, ns_names)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            [
                new.id.uuid().into(),
                new.tenant_id.uuid().into(),
                new.name.as_str().into(),
                new.kind.as_str().into(),
                new.api_url.as_str().into(),
                sealed_api_key.to_vec().into(),
                new.nameservers.clone().into(),
                new.ns_names.clone().into(),
            ],
        );
        self.db.execute_raw(statement).await?;
        Ok(())
    }

    /// Waits for the turn to write to a DNS server, which ends with the transaction; then makes sure that the job
    /// behind it is still in the hands of who claimed it.
    ///
    /// # Errors
    ///
    /// [`Error::Held`] where others write for ten seconds; [`Error::LeaseLost`].
    pub async fn take_dns_turn(&self, server: DnsServerId, hold: Hold) -> Result<()> {
        self.db.execute_raw(sql("SET LOCAL lock_timeout = '10s'", [])).await?;
        let turn =
            sql("SELECT FROM dns_servers WHERE id = $1 FOR NO KEY UPDATE", [server.uuid().into()]);
        self.db.query_one_raw(turn).await?;
        // A statement of its own: waiting takes the time in which a lease is lost.
        match self.db.query_one_raw(lease_of(hold)).await? {
            Some(_) => Ok(()),
            None => Err(Error::LeaseLost),
        }
    }

    /// Wants a zone: adds it, or gives the zone that its account has the wanted name and records. Says
    /// which zone that is. It counts as not verified from now on.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] by `zones_wanted_name` if the DNS server has a wanted zone of this name already.
    pub async fn want_zone(&self, zone: &Zone) -> Result<ZoneId> {
        let wanted = sql(
            "INSERT INTO zones (id, tenant_id, account_id, dns_server_id, name, wanted)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (account_id) DO UPDATE
                SET name = excluded.name, wanted = excluded.wanted, verified_at = NULL
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
        let row = self.db.query_one_raw(wanted).await?;
        let row = row.ok_or_else(|| Error::Internal("a wanted zone has no id".to_owned()))?;
        let id: Uuid = row.try_get("", "id")?;
        let old = sql("DELETE FROM zone_records WHERE zone_id = $1", [id.into()]);
        self.db.execute_raw(old).await?;
        let new = sql(
            "INSERT INTO zone_records (zone_id, name, kind, ttl, contents)
             SELECT $1, name, kind, ttl, contents
             FROM jsonb_to_recordset($2) AS record (name text, kind text, ttl bigint, contents text[])",
            [id.into(), document("records", &zone.records)?.into()],
        );
        self.db.execute_raw(new).await?;
        Ok(id.into())
    }

    /// Wants the account's zone no more, and says which it is and where; `None` if it has none.
    pub async fn unwant_zone(&self, account: AccountId) -> Result<Option<(ZoneId, DnsServerId)>> {
        let statement = sql(
            "UPDATE zones SET wanted = false, verified_at = NULL WHERE account_id = $1
             RETURNING id, dns_server_id",
            [account.uuid().into()],
        );
        let Some(row) = self.db.query_one_raw(statement).await? else { return Ok(None) };
        let zone: Uuid = row.try_get("", "id")?;
        let server: Uuid = row.try_get("", "dns_server_id")?;
        Ok(Some((zone.into(), server.into())))
    }

    /// Records that every name server has just answered as wanted.
    pub async fn zone_verified(&self, zone: ZoneId) -> Result<()> {
        let statement =
            sql("UPDATE zones SET verified_at = now() WHERE id = $1", [zone.uuid().into()]);
        self.db.execute_raw(statement).await?;
        Ok(())
    }

    /// Takes that back; `false` if the zone did not count as verified.
    pub async fn zone_unverified(&self, zone: ZoneId) -> Result<bool> {
        let statement = sql(
            "UPDATE zones SET verified_at = NULL WHERE id = $1 AND verified_at IS NOT NULL",
            [zone.uuid().into()],
        );
        Ok(self.db.execute_raw(statement).await?.rows_affected() > 0)
    }
}

impl Store {
    /// When every name server last answered as a zone is wanted; `None`: not since it was last changed.
    pub async fn zone_verified_at(&self, zone: ZoneId) -> Result<Option<OffsetDateTime>> {
        let statement = sql("SELECT verified_at FROM zones WHERE id = $1", [zone.uuid().into()]);
        let row = self.db.query_one_raw(statement).await?;
        Ok(row.map(|it| it.try_get("", "verified_at")).transpose()?.flatten())
    }

    /// A DNS server of a tenant.
    pub async fn dns_server(&self, tenant: TenantId, id: DnsServerId) -> Result<Option<DnsServer>> {
        let query = dns_server::Entity::find_by_id(id.uuid());
        let query = query.filter(dns_server::Column::TenantId.eq(tenant.uuid()));
        query.one(&self.db).await?.map(DnsServer::try_from).transpose()
    }

    /// A tenant's DNS servers, newest first.
    pub async fn dns_servers(&self, tenant: TenantId, page: Page) -> Result<Vec<DnsServer>> {
        let mut query =
            dns_server::Entity::find().filter(dns_server::Column::TenantId.eq(tenant.uuid()));
        if let Some(after) = page.after {
            query = query.filter(dns_server::Column::Id.lt(after));
        }
        let query = query.order_by_desc(dns_server::Column::Id).limit(u64::from(page.size));
        query.all(&self.db).await?.into_iter().map(DnsServer::try_from).collect()
    }

    /// The DNS server that new zones of a tenant go to: its oldest.
    pub async fn default_dns_server(&self, tenant: TenantId) -> Result<Option<DnsServer>> {
        let query = dns_server::Entity::find()
            .filter(dns_server::Column::TenantId.eq(tenant.uuid()))
            .order_by_asc(dns_server::Column::Id);
        query.one(&self.db).await?.map(DnsServer::try_from).transpose()
    }

    /// A DNS server with the key to its API: for the DNS manager, the only one that can open it.
    pub async fn dns_access(&self, id: DnsServerId) -> Result<Option<DnsAccess>> {
        let statement = sql("SELECT * FROM dns_servers WHERE id = $1", [id.uuid().into()]);
        let Some(row) = self.db.query_one_raw(statement).await? else { return Ok(None) };
        Ok(Some(DnsAccess {
            server: dns_server::Model::from_query_result(&row, "")?.try_into()?,
            sealed_api_key: row.try_get("", "sealed_api_key")?,
        }))
    }

    /// A zone with its records.
    pub async fn zone(&self, id: ZoneId) -> Result<Option<Zone>> {
        self.find_zone("id", id.uuid().into()).await
    }

    /// The zone of an account, with its records.
    pub async fn zone_of(&self, account: AccountId) -> Result<Option<Zone>> {
        self.find_zone("account_id", account.uuid().into()).await
    }

    /// Zone and records in one statement, so that they are of one moment.
    async fn find_zone(&self, column: &str, value: Value) -> Result<Option<Zone>> {
        let text = format!(
            "SELECT *, (
                SELECT coalesce(jsonb_agg(record ORDER BY record.name, record.kind), '[]')
                FROM zone_records record WHERE record.zone_id = zone.id) AS records
             FROM zones zone WHERE {column} = $1"
        );
        self.db.query_one_raw(sql(&text, [value])).await?.map(|row| read_zone(&row)).transpose()
    }
}

fn read_zone(row: &QueryResult) -> Result<Zone> {
    let id: Uuid = row.try_get("", "id")?;
    let tenant: Uuid = row.try_get("", "tenant_id")?;
    let account: Option<Uuid> = row.try_get("", "account_id")?;
    let server: Uuid = row.try_get("", "dns_server_id")?;
    let name: String = row.try_get("", "name")?;
    Ok(Zone {
        id: id.into(),
        tenant_id: tenant.into(),
        account_id: account.map(Into::into),
        dns_server_id: server.into(),
        name: parsed("name", &name)?,
        wanted: row.try_get("", "wanted")?,
        records: read_json("records", row.try_get("", "records")?)?,
    })
}

impl TryFrom<dns_server::Model> for DnsServer {
    type Error = Error;

    fn try_from(row: dns_server::Model) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            tenant_id: row.tenant_id.into(),
            name: row.name,
            kind: word("kind", row.kind)?,
            api_url: row.api_url,
            nameservers: row.nameservers,
            ns_names: row.ns_names,
        })
    }
}
