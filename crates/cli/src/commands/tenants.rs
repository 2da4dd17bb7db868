//! `praho tenants`.

mod quotas;

use clap::Subcommand;
use contracts::provisioning::v1::{
    CreateTenantRequest, GetTenantRequest, ListTenantsRequest, Tenant,
};

use crate::{
    failure::Failure,
    listing::{self, List},
    options::{Intent, Limit},
    session::Session,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List tenants; outside the platform's tenant, only your own
    List(Limit),
    /// Show a tenant
    Get {
        /// The tenant's id or name
        tenant: String,
    },
    /// Create a tenant; it can be used once it has a token
    Create {
        /// Its name: 1 to 63 characters of a-z, 0-9 and hyphen
        name: String,
        #[command(flatten)]
        intent: Intent,
    },
    /// Show or set the most that a tenant may have
    #[command(subcommand)]
    Quotas(quotas::Command),
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    match command {
        Command::List(limit) => session.output.list(&list(session, limit).await?),
        Command::Get { tenant } => session.output.one(&find(session, &tenant).await?),
        Command::Create { name, intent } => create(session, name, intent).await,
        Command::Quotas(command) => quotas::run(command, session).await,
    }
}

/// The tenant with this id or name.
pub(crate) async fn find(session: &Session, tenant: &str) -> Result<Tenant, Failure> {
    let request = GetTenantRequest { id: tenant.to_owned() };
    session.client.read(session.client.tenants().get_tenant(request)).await
}

async fn list(session: &Session, limit: Limit) -> Result<List<Tenant>, Failure> {
    listing::all(limit, async |page_size, page_token| {
        let request = ListTenantsRequest { page_size, page_token };
        let page = session.client.read(session.client.tenants().list_tenants(request)).await?;
        Ok((page.tenants, page.next_page_token))
    })
    .await
}

async fn create(session: &Session, name: String, intent: Intent) -> Result<(), Failure> {
    let request_id = intent.id();
    let request = CreateTenantRequest { request_id: request_id.clone(), name };
    let mut tenants = session.client.tenants();
    let tenant = session.client.change(&request_id, tenants.create_tenant(request)).await?;
    session.output.note(&format!(
        "praho tokens create NAME --tenant {} --role owner makes its first token",
        tenant.name
    ));
    session.output.one(&tenant)
}
