//! Hosts without their credentials: registered, listed, and updated with the facts that they report.

use std::collections::BTreeSet;

use model::{
    ids::{ServerId, TenantId},
    placement::Candidate,
    server::{HostFacts, Server, ServerKind, ServerStatus, Trust},
};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::Expr,
};

pub use super::credentials::{SealedCredentials, ServerAccess};
use super::{entity, faults, shells};
use crate::{
    Error, Result, Store, Tx,
    columns::{count, integer, parsed, word},
    page::Page,
    statement::{execute, sql},
};

impl Tx {
    /// Adds a server with a panel, its credentials, its pace and its mutation slot. Its account count starts at
    /// zero, whatever `new` says.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] by `servers_tenant_id_name_key` or `servers_tenant_id_url_key`; by `servers_url_key` if it is
    /// verified already, and a verified server of another tenant has the URL.
    pub async fn insert_server(&self, new: &Server, credentials: &SealedCredentials) -> Result<()> {
        let addresses: Vec<String> = new.addresses.iter().map(ToString::to_string).collect();
        let statement = sql(
            "WITH server AS (
                INSERT INTO servers (id, tenant_id, name, kind, url, certificate_sha256, addresses, capacity, tags,
                    status, status_reason, reads_per_second, mutation_slots, version, programs, features,
                    php_versions, keeps_quotas, without_quotas, verified_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
                    CASE WHEN $23 THEN now() END)
                RETURNING id, mutation_slots),
             credentials AS (
                INSERT INTO server_credentials (server_id, kind, sealed_username, sealed_secret)
                SELECT id, 'panel', $20, $21 FROM server),
             pace AS (INSERT INTO server_pace (server_id) SELECT id FROM server)
             INSERT INTO resources (name, capacity) SELECT $22, mutation_slots FROM server",
            [
                new.id.uuid().into(),
                new.tenant_id.uuid().into(),
                new.name.as_str().into(),
                new.kind.as_str().into(),
                new.url.clone().into(),
                pin(&new.trust).into(),
                addresses.into(),
                integer("capacity", new.capacity)?.into(),
                words(&new.tags).into(),
                new.status.as_str().into(),
                new.status_reason.clone().into(),
                maybe("reads_per_second", new.reads_per_second)?.into(),
                integer("mutation_slots", new.mutation_slots)?.into(),
                new.version.clone().into(),
                words(&new.programs).into(),
                new.features.as_ref().map(words).into(),
                new.php_versions.as_ref().map(words).into(),
                new.keeps_quotas.into(),
                new.without_quotas.as_str().into(),
                credentials.username.clone().into(),
                credentials.password.clone().into(),
                new.id.mutation_slot().into(),
                new.verified.into(),
            ],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Changes a server in what its registration says, and in its status. `None` keeps a present credential. It stays
    /// verified only if `changed` is so.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] by `servers_tenant_id_name_key` or `servers_tenant_id_url_key`.
    pub async fn update_server(
        &self,
        changed: &Server,
        sealed_username: Option<&[u8]>,
        sealed_password: Option<&[u8]>,
    ) -> Result<()> {
        let slots = integer("mutation_slots", changed.mutation_slots)?;
        let addresses: Vec<String> = changed.addresses.iter().map(ToString::to_string).collect();
        let statement = sql(
            "UPDATE servers
             SET name = $2, url = $3, certificate_sha256 = $4, addresses = $5, capacity = $6, tags = $7,
                 reads_per_second = $8, without_quotas = $9,
                 verified_at = CASE WHEN $10 AND url IS NOT DISTINCT FROM $3 THEN verified_at END, status = $11,
                 mutation_slots = $12
             WHERE id = $1",
            [
                changed.id.uuid().into(),
                changed.name.as_str().into(),
                changed.url.clone().into(),
                pin(&changed.trust).into(),
                addresses.into(),
                integer("capacity", changed.capacity)?.into(),
                words(&changed.tags).into(),
                maybe("reads_per_second", changed.reads_per_second)?.into(),
                changed.without_quotas.as_str().into(),
                changed.verified.into(),
                changed.status.as_str().into(),
                slots.into(),
            ],
        );
        execute(&self.db, statement).await?;
        let text = "UPDATE resources SET capacity = $2 WHERE name = $1 AND capacity <> $2";
        execute(&self.db, sql(text, [changed.id.mutation_slot().into(), slots.into()])).await?;
        // Statements of their own: who changes a server may not read its credentials, not even to keep them.
        for (column, sealed) in
            [("sealed_username", sealed_username), ("sealed_secret", sealed_password)]
        {
            let Some(sealed) = sealed else { continue };
            let text = format!(
                "UPDATE server_credentials SET {column} = $2 WHERE server_id = $1 AND kind = 'panel'"
            );
            let statement = sql(&text, [changed.id.uuid().into(), sealed.to_vec().into()]);
            execute(&self.db, statement).await?;
        }
        Ok(())
    }

    /// A tenant's servers of one kind, for placement. Nothing is locked, so the figures may be old when an account
    /// is stored; `servers_capacity` then refuses the insertion.
    pub async fn placement_candidates(
        &self,
        tenant: TenantId,
        kind: ServerKind,
    ) -> Result<Vec<Candidate>> {
        let query = present(entity::Entity::find())
            .filter(entity::Column::TenantId.eq(tenant.uuid()))
            .filter(entity::Column::Kind.eq(kind.as_str()));
        query.all(&self.db).await?.into_iter().map(Candidate::try_from).collect()
    }

    /// Moves a server from one status to another; `false`, and nothing changes, if it is not in `from`. `reason`
    /// replaces the former reason.
    pub async fn set_server_status(
        &self,
        id: ServerId,
        from: ServerStatus,
        to: ServerStatus,
        reason: Option<&str>,
    ) -> Result<bool> {
        let statement = sql(
            "UPDATE servers SET status = $3, status_reason = $4
             WHERE id = $1 AND status = $2",
            [
                id.uuid().into(),
                from.as_str().into(),
                to.as_str().into(),
                reason.map(str::to_owned).into(),
            ],
        );
        Ok(execute(&self.db, statement).await? == 1)
    }

    /// Marks a server as verified under this URL; `false`, and nothing changes, if it has another one by now.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] by `servers_url_key` if a verified server of another tenant has the URL.
    pub async fn set_server_verified(&self, id: ServerId, url: &str) -> Result<bool> {
        let statement = sql(
            "UPDATE servers SET verified_at = now() WHERE id = $1 AND url = $2",
            [id.uuid().into(), url.into()],
        );
        Ok(execute(&self.db, statement).await? == 1)
    }

    /// Takes that mark away.
    pub async fn set_server_not_verified(&self, id: ServerId) -> Result<()> {
        let statement =
            sql("UPDATE servers SET verified_at = NULL WHERE id = $1", [id.uuid().into()]);
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Stores what a host says about itself in place of what it said before.
    pub async fn set_server_facts(&self, id: ServerId, facts: &HostFacts) -> Result<()> {
        let statement = sql(
            "UPDATE servers
             SET version = $2, programs = $3, features = $4, php_versions = $5, keeps_quotas = $6
             WHERE id = $1",
            [
                id.uuid().into(),
                facts.version.as_str().into(),
                words(&facts.programs).into(),
                facts.features.as_ref().map(words).into(),
                facts.php_versions.as_ref().map(words).into(),
                facts.keeps_quotas.into(),
            ],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Stores whether a host keeps quotas, as one of its virtual servers shows.
    pub async fn set_keeps_quotas(&self, id: ServerId, keeps: bool) -> Result<()> {
        let statement = sql(
            "UPDATE servers SET keeps_quotas = $2 WHERE id = $1 AND keeps_quotas IS DISTINCT FROM $2",
            [id.uuid().into(), keeps.into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Locks a server's row, as every transaction does that files a job on a server.
    pub async fn lock_server(&self, id: ServerId) -> Result<()> {
        let statement =
            sql("SELECT FROM servers WHERE id = $1 FOR NO KEY UPDATE", [id.uuid().into()]);
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Deletes a server: its credentials and its schedule are erased, and its open findings closed. The row stays for
    /// what has ended on it.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] by `servers_deleted` if it has live accounts.
    pub async fn delete_server(&self, id: ServerId) -> Result<()> {
        let statement = sql(
            "WITH credentials AS (DELETE FROM server_credentials WHERE server_id = $1),
             shell AS (DELETE FROM server_shell_keys WHERE server_id = $1),
             pace AS (DELETE FROM server_pace WHERE server_id = $1),
             schedule AS (DELETE FROM server_sweeps WHERE server_id = $1),
             findings AS (
                UPDATE drift_findings SET closed_at = now() WHERE server_id = $1 AND closed_at IS NULL)
             UPDATE servers
             SET deleted_at = now(), break_glass_until = NULL, break_glass_reason = NULL, break_glass_by = NULL
             WHERE id = $1",
            [id.uuid().into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }
}

/// The servers that were not deleted.
fn present(servers: Select<entity::Entity>) -> Select<entity::Entity> {
    servers.filter(Expr::col("deleted_at").is_null())
}

impl Store {
    /// A server of a tenant.
    pub async fn server(&self, tenant: TenantId, id: ServerId) -> Result<Option<Server>> {
        let query = present(entity::Entity::find_by_id(id.uuid()));
        let query = query.filter(entity::Column::TenantId.eq(tenant.uuid()));
        query.one(&self.db).await?.map(Server::try_from).transpose()
    }

    /// A server of any tenant.
    pub async fn server_by_id(&self, id: ServerId) -> Result<Option<Server>> {
        let query = present(entity::Entity::find_by_id(id.uuid()));
        query.one(&self.db).await?.map(Server::try_from).transpose()
    }

    /// A tenant's servers, newest first.
    pub async fn servers(&self, tenant: TenantId, page: Page) -> Result<Vec<Server>> {
        let query = present(entity::Entity::find());
        let mut query = query.filter(entity::Column::TenantId.eq(tenant.uuid()));
        if let Some(after) = page.after {
            query = query.filter(entity::Column::Id.lt(after));
        }
        let query = query.order_by_desc(entity::Column::Id).limit(u64::from(page.size));
        query.all(&self.db).await?.into_iter().map(Server::try_from).collect()
    }
}

/// A set as PostgreSQL's `text[]`.
fn words(set: &BTreeSet<String>) -> Vec<String> {
    set.iter().cloned().collect()
}

impl TryFrom<entity::Model> for Server {
    type Error = Error;

    fn try_from(row: entity::Model) -> Result<Self> {
        let addresses = row.addresses.iter().map(|address| parsed("addresses", address));
        let shell = shells::Columns {
            host: row.ssh_host,
            port: row.ssh_port,
            user: row.ssh_user,
            keys: row.ssh_host_keys,
            until: row.break_glass_until,
            reason: row.break_glass_reason,
            by: row.break_glass_by,
        };
        Ok(Self {
            id: row.id.into(),
            tenant_id: row.tenant_id.into(),
            name: row.name,
            kind: word("kind", row.kind)?,
            url: row.url,
            trust: row.certificate_sha256.map_or(Trust::SystemAuthorities, Trust::Sha256Pin),
            addresses: addresses.collect::<Result<_>>()?,
            capacity: count("capacity", row.capacity)?,
            accounts: count("accounts", row.accounts)?,
            tags: row.tags.into_iter().collect(),
            status: word("status", row.status)?,
            reads_per_second: row
                .reads_per_second
                .map(|it| count("reads_per_second", it))
                .transpose()?,
            mutation_slots: count("mutation_slots", row.mutation_slots)?,
            version: row.version,
            programs: row.programs.into_iter().collect(),
            features: row.features.map(BTreeSet::from_iter),
            php_versions: row.php_versions.map(BTreeSet::from_iter),
            keeps_quotas: row.keeps_quotas,
            without_quotas: word("without_quotas", row.without_quotas)?,
            verified: row.verified_at.is_some(),
            status_reason: row.status_reason,
            fault: faults::fault(row.fault, row.fault_since, row.fault_stops)?,
            shell: shells::shell(shell)?,
        })
    }
}

fn pin(trust: &Trust) -> Option<String> {
    match trust {
        Trust::SystemAuthorities => None,
        Trust::Sha256Pin(pin) => Some(pin.clone()),
    }
}

impl TryFrom<entity::Model> for Candidate {
    type Error = Error;

    fn try_from(row: entity::Model) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            name: row.name,
            status: word("status", row.status)?,
            out_of_service: row.fault.is_some(),
            accounts: count("accounts", row.accounts)?,
            capacity: count("capacity", row.capacity)?,
            tags: row.tags.into_iter().collect(),
            features: row.features.map(BTreeSet::from_iter),
            keeps_quotas: row.keeps_quotas,
            without_quotas: word("without_quotas", row.without_quotas)?,
        })
    }
}

/// A number that may be missing, as its column takes it.
fn maybe(column: &str, number: Option<u32>) -> Result<Option<i32>> {
    number.map(|it| integer(column, it)).transpose()
}
