//! Ids by the names and domains that people know; each lookup reads one entry of an index.

use model::{
    domain::DomainName,
    ids::{AccountId, DnsServerId, PlanId, ServerId, ServiceId, TenantId},
};
use sea_orm::Statement;
use uuid::Uuid;

use crate::{
    Result, Store,
    statement::{sql, value},
};

impl Store {
    /// The tenant with this name.
    pub async fn tenant_named(&self, name: &str) -> Result<Option<TenantId>> {
        self.found(sql("SELECT id FROM tenants WHERE name = $1", [name.into()])).await
    }

    /// A tenant's plan with this name.
    pub async fn plan_named(&self, tenant: TenantId, name: &str) -> Result<Option<PlanId>> {
        let text = "SELECT id FROM plans WHERE tenant_id = $1 AND name = $2 AND deleted_at IS NULL";
        self.found(of(text, tenant, name)).await
    }

    /// A tenant's server with this name.
    pub async fn server_named(&self, tenant: TenantId, name: &str) -> Result<Option<ServerId>> {
        let text =
            "SELECT id FROM servers WHERE tenant_id = $1 AND name = $2 AND deleted_at IS NULL";
        self.found(of(text, tenant, name)).await
    }

    /// A tenant's DNS server with this name.
    pub async fn dns_server_named(
        &self,
        tenant: TenantId,
        name: &str,
    ) -> Result<Option<DnsServerId>> {
        let text =
            "SELECT id FROM dns_servers WHERE tenant_id = $1 AND name = $2 AND deleted_at IS NULL";
        self.found(of(text, tenant, name)).await
    }

    /// A tenant's service for this domain: the live one, or else the newest.
    pub async fn service_of_domain(
        &self,
        tenant: TenantId,
        domain: &DomainName,
    ) -> Result<Option<ServiceId>> {
        let text = "SELECT coalesce(
                (SELECT id FROM services WHERE domain = $2 AND status <> 'terminated' AND tenant_id = $1),
                (SELECT id FROM services WHERE tenant_id = $1 AND domain = $2 ORDER BY id DESC LIMIT 1))";
        self.found(of(text, tenant, domain.as_str())).await
    }

    /// A tenant's account with this domain: the live one, or else the newest.
    pub async fn account_of_domain(
        &self,
        tenant: TenantId,
        domain: &DomainName,
    ) -> Result<Option<AccountId>> {
        let text = "SELECT coalesce(
                (SELECT id FROM accounts WHERE domain = $2 AND status IN ('pending', 'active', 'suspended')
                    AND tenant_id = $1),
                (SELECT id FROM accounts WHERE tenant_id = $1 AND domain = $2 ORDER BY id DESC LIMIT 1))";
        self.found(of(text, tenant, domain.as_str())).await
    }

    async fn found<I: From<Uuid>>(&self, statement: Statement) -> Result<Option<I>> {
        let id: Option<Option<Uuid>> = value(&self.db, statement).await?;
        Ok(id.flatten().map(I::from))
    }
}

fn of(text: &str, tenant: TenantId, name: &str) -> Statement {
    sql(text, [tenant.uuid().into(), name.into()])
}
