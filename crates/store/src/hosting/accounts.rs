//! Accounts: the virtual servers that carry services.

use std::collections::BTreeSet;

use model::{
    account::{Account, AccountStatus},
    ids::{AccountId, ServerId, ServiceId, TenantId},
    site::ServedSite,
    username::Username,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, FromQueryResult,
    IntoActiveModel, NotSet, QueryFilter, QuerySelect, Statement, sea_query::Expr,
};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::entity::account;
use crate::{
    Error, Result, Store, Tx,
    columns::{document, parsed, plain, word},
    page::{Page, joined, newest},
    statement::{all, execute, one, sql, value, values},
};

/// An account with the names of what it refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedAccount {
    /// The account.
    pub account: Account,
    /// The name of its plan.
    pub plan_name: String,
    /// The name of its server.
    pub server_name: String,
    /// The URL of its server's panel; `None` if the server has none.
    pub server_url: Option<String>,
}

/// Looks the names up for the accounts that `page` selects.
fn named(page: Statement) -> Statement {
    let columns = "it.id, it.tenant_id, it.service_id, it.plan_id, it.server_id, it.domain, it.username, it.terms,
        it.status, it.protected, it.placement, it.site_proof, it.site_proved_at, it.updated_at, plan.name AS plan_name,
        server.name AS server_name, server.url AS server_url";
    let joins =
        "JOIN plans plan ON plan.id = it.plan_id JOIN servers server ON server.id = it.server_id";
    joined(page, columns, joins)
}

impl Tx {
    /// Adds an account and counts it on its server. Its `updated_at` is now, and its site is not proved.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] by `servers_capacity` if the server is full; [`Error::Taken`] by
    /// `accounts_live_domain`, `accounts_live_service` or `accounts_live_username`.
    pub async fn insert_account(&self, new: &Account) -> Result<()> {
        let row = account::Model {
            id: new.id.uuid(),
            tenant_id: new.tenant_id.uuid(),
            service_id: new.service_id.uuid(),
            plan_id: new.plan_id.uuid(),
            server_id: new.server_id.uuid(),
            domain: new.domain.as_str().to_owned(),
            username: new.username.as_ref().map(|username| username.as_str().to_owned()),
            terms: document("terms", &new.terms)?,
            status: new.status.as_str().to_owned(),
            protected: new.protected,
            placement: document("placement", &new.placement)?,
            site_proof: None,
            site_proved_at: None,
            updated_at: new.updated_at,
        };
        let row = account::ActiveModel { updated_at: NotSet, ..row.into_active_model() };
        account::Entity::insert(row).exec_without_returning(&self.db).await?;
        Ok(())
    }

    /// An account of any tenant, locked until this transaction ends.
    pub async fn lock_account(&self, id: AccountId) -> Result<Option<Account>> {
        let query = account::Entity::find_by_id(id.uuid()).lock_exclusive();
        query.one(&self.db).await?.map(Account::try_from).transpose()
    }

    /// An account of any tenant, locked after its service: the order of every transaction that files a job on an
    /// account.
    pub async fn lock_with_service(&self, id: AccountId) -> Result<Option<Account>> {
        let statement = sql("SELECT service_id FROM accounts WHERE id = $1", [id.uuid().into()]);
        let Some(service) = value::<Uuid>(&self.db, statement).await? else { return Ok(None) };
        self.lock_service(service.into()).await?;
        self.lock_account(id).await
    }

    /// An account of any tenant with its names.
    pub async fn named_account(&self, id: AccountId) -> Result<Option<NamedAccount>> {
        let statement = sql("SELECT * FROM accounts WHERE id = $1", [id.uuid().into()]);
        one::<NamedRow, _>(&self.db, named(statement)).await
    }

    /// The live account of a service.
    pub async fn live_account_of(&self, service: ServiceId) -> Result<Option<Account>> {
        live_account_of(&self.db, service).await
    }

    /// Moves an account from one status to another; `false`, and nothing changes, if it is not in `from`.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] by `account_protected` if a protected account would be terminated. A move back to a live
    /// status has the errors of [`Tx::insert_account`].
    pub async fn set_account_status(
        &self,
        id: AccountId,
        from: AccountStatus,
        to: AccountStatus,
    ) -> Result<bool> {
        let statement = sql(
            "UPDATE accounts SET status = $3 WHERE id = $1 AND status = $2",
            [id.uuid().into(), from.as_str().into(), to.as_str().into()],
        );
        Ok(execute(&self.db, statement).await? == 1)
    }

    /// Sets or lifts protection; `false` if nothing changes.
    pub async fn set_protection(&self, id: AccountId, protected: bool) -> Result<bool> {
        let statement = sql(
            "UPDATE accounts SET protected = $2 WHERE id = $1 AND protected <> $2",
            [id.uuid().into(), protected.into()],
        );
        Ok(execute(&self.db, statement).await? == 1)
    }

    /// Stores an account's Unix user.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] by `accounts_live_username` if another account on the server has the name.
    pub async fn set_username(&self, id: AccountId, username: &Username) -> Result<()> {
        let statement = sql(
            "UPDATE accounts SET username = $2 WHERE id = $1",
            [id.uuid().into(), username.as_str().into()],
        );
        match execute(&self.db, statement).await? {
            1 => Ok(()),
            _ => Err(Error::Internal(format!("there is no account {id}"))),
        }
    }

    /// Replaces the Unix user `from` of an account that is being provisioned; `false`, and nothing changes, if the
    /// account is not pending or has another user.
    ///
    /// # Errors
    ///
    /// As [`Tx::set_username`].
    pub async fn rename_user(&self, id: AccountId, from: &Username, to: &Username) -> Result<bool> {
        let statement = sql(
            "UPDATE accounts SET username = $3 WHERE id = $1 AND username = $2 AND status = 'pending'",
            [id.uuid().into(), from.as_str().into(), to.as_str().into()],
        );
        Ok(execute(&self.db, statement).await? == 1)
    }
}

impl Store {
    /// An account of a tenant.
    pub async fn account(&self, tenant: TenantId, id: AccountId) -> Result<Option<Account>> {
        let query = account::Entity::find_by_id(id.uuid());
        let query = query.filter(account::Column::TenantId.eq(tenant.uuid()));
        query.one(&self.db).await?.map(Account::try_from).transpose()
    }

    /// An account of any tenant.
    pub async fn account_by_id(&self, id: AccountId) -> Result<Option<Account>> {
        let query = account::Entity::find_by_id(id.uuid());
        query.one(&self.db).await?.map(Account::try_from).transpose()
    }

    /// An account of a tenant with its names.
    pub async fn named_account(
        &self,
        tenant: TenantId,
        id: AccountId,
    ) -> Result<Option<NamedAccount>> {
        let statement = sql(
            "SELECT * FROM accounts WHERE tenant_id = $1 AND id = $2",
            [tenant.uuid().into(), id.uuid().into()],
        );
        one::<NamedRow, _>(&self.db, named(statement)).await
    }

    /// A tenant's accounts with their names, newest first, all or those in one status.
    pub async fn accounts(
        &self,
        tenant: TenantId,
        status: Option<AccountStatus>,
        page: Page,
    ) -> Result<Vec<NamedAccount>> {
        let conditions = Condition::all()
            .add(Expr::col("tenant_id").eq(tenant.uuid()))
            .add_option(status.map(|status| Expr::col("status").eq(status.as_str())));
        all::<NamedRow, _>(&self.db, named(newest("accounts", conditions, page))).await
    }

    /// The live account of a service.
    pub async fn live_account_of(&self, service: ServiceId) -> Result<Option<Account>> {
        live_account_of(&self.db, service).await
    }

    /// The Unix users of a server's live accounts whose names begin with `prefix`.
    pub async fn usernames_with_prefix(
        &self,
        server: ServerId,
        prefix: &str,
    ) -> Result<BTreeSet<String>> {
        let statement = sql(
            "SELECT username FROM accounts WHERE server_id = $1 AND starts_with(username, $2)
                AND status IN ('pending', 'active', 'suspended')",
            [server.uuid().into(), prefix.into()],
        );
        Ok(values(&self.db, statement).await?.into_iter().collect())
    }
}

async fn live_account_of(db: &impl ConnectionTrait, service: ServiceId) -> Result<Option<Account>> {
    let live =
        AccountStatus::ALL.into_iter().filter(|status| status.is_live()).map(AccountStatus::as_str);
    let query = account::Entity::find()
        .filter(account::Column::ServiceId.eq(service.uuid()))
        .filter(account::Column::Status.is_in(live));
    query.one(db).await?.map(Account::try_from).transpose()
}

#[derive(FromQueryResult)]
struct NamedRow {
    #[sea_orm(nested)]
    account: account::Model,
    plan_name: String,
    server_name: String,
    server_url: Option<String>,
}

impl TryFrom<NamedRow> for NamedAccount {
    type Error = Error;

    fn try_from(row: NamedRow) -> Result<Self> {
        let NamedRow { account, plan_name, server_name, server_url } = row;
        Ok(Self { account: account.try_into()?, plan_name, server_name, server_url })
    }
}

/// The proof of an account's site from its two columns, which are both null or both set.
fn served(proof: Option<Value>, at: Option<OffsetDateTime>) -> Result<Option<ServedSite>> {
    let Some((proof, at)) = proof.zip(at) else { return Ok(None) };
    Ok(Some(ServedSite { at, proof: plain("site_proof", proof)? }))
}

impl TryFrom<account::Model> for Account {
    type Error = Error;

    fn try_from(row: account::Model) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            tenant_id: row.tenant_id.into(),
            service_id: row.service_id.into(),
            plan_id: row.plan_id.into(),
            server_id: row.server_id.into(),
            domain: parsed("domain", &row.domain)?,
            username: row.username.map(|username| parsed("username", &username)).transpose()?,
            terms: plain("terms", row.terms)?,
            status: word("status", row.status)?,
            protected: row.protected,
            placement: plain("placement", row.placement)?,
            site: served(row.site_proof, row.site_proved_at)?,
            updated_at: row.updated_at,
        })
    }
}
