//! DNS servers: registered, listed, and read with their keys for the DNS manager only.

use std::fmt;

use model::{
    authority::Authority,
    dns::{DnsServer, ZONES_AT_A_TIME},
    ids::{DnsServerId, TenantId},
};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    Select,
    sea_query::{Expr, LockType},
};

use super::entity;
use crate::{
    Error, Result, Store, Tx,
    columns::{document, integer, parsed, plain, word},
    page::Page,
    statement::{execute, one, sql},
};

/// A DNS server with the key to its API. Its `Debug` form leaves the key out.
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
    /// Adds a DNS server, on which [`ZONES_AT_A_TIME`] jobs may work.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] by `dns_servers_tenant_id_name_key`.
    pub async fn insert_dns_server(&self, new: &DnsServer, sealed_api_key: &[u8]) -> Result<()> {
        let statement = sql(
            "WITH slots AS (INSERT INTO resources (name, capacity) VALUES ($12, $13))
             INSERT INTO dns_servers
                (id, tenant_id, name, kind, api_url, sealed_api_key, nameservers, ns_names, hostmaster, glue,
                 secondaries)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            [
                new.id.uuid().into(),
                new.tenant_id.uuid().into(),
                new.name.as_str().into(),
                new.kind.as_str().into(),
                new.api_url.as_str().into(),
                sealed_api_key.to_vec().into(),
                new.nameservers.clone().into(),
                ns_names(new).into(),
                new.authority.hostmaster.to_string().into(),
                document("glue", &new.authority.glue)?.into(),
                secondaries(new).into(),
                new.id.zone_slot().into(),
                integer("zones at a time", ZONES_AT_A_TIME)?.into(),
            ],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// A DNS server of a tenant, which no other transaction changes before this one ends.
    pub async fn lock_dns_server(
        &self,
        tenant: TenantId,
        id: DnsServerId,
    ) -> Result<Option<DnsServer>> {
        self.lock_as(tenant, id, LockType::NoKeyUpdate).await
    }

    /// As [`Tx::lock_dns_server`], and no zone comes to be wanted on it before this transaction ends.
    pub async fn lock_dns_server_to_delete(
        &self,
        tenant: TenantId,
        id: DnsServerId,
    ) -> Result<Option<DnsServer>> {
        self.lock_as(tenant, id, LockType::Update).await
    }

    /// Deletes a locked DNS server that nothing uses: the key to its API is erased. The row stays for zones that have
    /// ended.
    pub async fn delete_dns_server(&self, id: DnsServerId) -> Result<()> {
        let statement = sql(
            "UPDATE dns_servers SET deleted_at = now(), sealed_api_key = NULL WHERE id = $1",
            [id.uuid().into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Changes a DNS server in all but its kind. `sealed_api_key` is `None` to keep the present key.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] by `dns_servers_tenant_id_name_key`.
    pub async fn update_dns_server(
        &self,
        changed: &DnsServer,
        sealed_api_key: Option<&[u8]>,
    ) -> Result<()> {
        let statement = sql(
            "UPDATE dns_servers
             SET name = $2, api_url = $3, nameservers = $4, ns_names = $5, hostmaster = $6, glue = $7, secondaries = $8
             WHERE id = $1",
            [
                changed.id.uuid().into(),
                changed.name.as_str().into(),
                changed.api_url.as_str().into(),
                changed.nameservers.clone().into(),
                ns_names(changed).into(),
                changed.authority.hostmaster.to_string().into(),
                document("glue", &changed.authority.glue)?.into(),
                secondaries(changed).into(),
            ],
        );
        execute(&self.db, statement).await?;
        // A statement of its own: who changes a DNS server may not read its key, not even to keep it.
        if let Some(sealed) = sealed_api_key {
            let statement = sql(
                "UPDATE dns_servers SET sealed_api_key = $2 WHERE id = $1",
                [changed.id.uuid().into(), sealed.to_vec().into()],
            );
            execute(&self.db, statement).await?;
        }
        Ok(())
    }

    async fn lock_as(
        &self,
        tenant: TenantId,
        id: DnsServerId,
        lock: LockType,
    ) -> Result<Option<DnsServer>> {
        let query = present(entity::Entity::find_by_id(id.uuid()));
        let query = query.filter(entity::Column::TenantId.eq(tenant.uuid())).lock(lock);
        query.one(&self.db).await?.map(DnsServer::try_from).transpose()
    }
}

impl Store {
    /// A DNS server of a tenant.
    pub async fn dns_server(&self, tenant: TenantId, id: DnsServerId) -> Result<Option<DnsServer>> {
        let query = present(entity::Entity::find_by_id(id.uuid()));
        let query = query.filter(entity::Column::TenantId.eq(tenant.uuid()));
        query.one(&self.db).await?.map(DnsServer::try_from).transpose()
    }

    /// A tenant's DNS servers, newest first.
    pub async fn dns_servers(&self, tenant: TenantId, page: Page) -> Result<Vec<DnsServer>> {
        let query = present(entity::Entity::find());
        let mut query = query.filter(entity::Column::TenantId.eq(tenant.uuid()));
        if let Some(after) = page.after {
            query = query.filter(entity::Column::Id.lt(after));
        }
        let query = query.order_by_desc(entity::Column::Id).limit(u64::from(page.size));
        query.all(&self.db).await?.into_iter().map(DnsServer::try_from).collect()
    }

    /// The DNS server for new zones of a tenant: its oldest.
    pub async fn default_dns_server(&self, tenant: TenantId) -> Result<Option<DnsServer>> {
        let query = present(entity::Entity::find())
            .filter(entity::Column::TenantId.eq(tenant.uuid()))
            .order_by_asc(entity::Column::Id);
        query.one(&self.db).await?.map(DnsServer::try_from).transpose()
    }

    /// A DNS server with the sealed key to its API, which only the DNS manager can open.
    pub async fn dns_access(&self, id: DnsServerId) -> Result<Option<DnsAccess>> {
        let statement = sql(
            "SELECT * FROM dns_servers WHERE id = $1 AND deleted_at IS NULL",
            [id.uuid().into()],
        );
        one::<AccessRow, _>(&self.db, statement).await
    }
}

/// The DNS servers that were not deleted.
fn present(servers: Select<entity::Entity>) -> Select<entity::Entity> {
    servers.filter(Expr::col("deleted_at").is_null())
}

fn ns_names(server: &DnsServer) -> Vec<String> {
    server.authority.ns_names.iter().map(ToString::to_string).collect()
}

fn secondaries(server: &DnsServer) -> Vec<String> {
    server.secondaries.iter().map(ToString::to_string).collect()
}

#[derive(FromQueryResult)]
struct AccessRow {
    #[sea_orm(nested)]
    server: entity::Model,
    sealed_api_key: Vec<u8>,
}

impl TryFrom<AccessRow> for DnsAccess {
    type Error = Error;

    fn try_from(row: AccessRow) -> Result<Self> {
        Ok(Self { server: row.server.try_into()?, sealed_api_key: row.sealed_api_key })
    }
}

impl TryFrom<entity::Model> for DnsServer {
    type Error = Error;

    fn try_from(row: entity::Model) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            tenant_id: row.tenant_id.into(),
            name: row.name,
            kind: word("kind", row.kind)?,
            api_url: row.api_url,
            nameservers: row.nameservers,
            authority: Authority {
                ns_names: row
                    .ns_names
                    .iter()
                    .map(|name| parsed("ns_names", name))
                    .collect::<Result<_>>()?,
                hostmaster: parsed("hostmaster", &row.hostmaster)?,
                glue: plain("glue", row.glue)?,
            },
            secondaries: row
                .secondaries
                .iter()
                .map(|address| parsed("secondaries", address))
                .collect::<Result<_>>()?,
        })
    }
}
