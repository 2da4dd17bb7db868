//! `praho domains`.

use clap::Subcommand;
use contracts::provisioning::v1::{AssignDomainRequest, GetDomainRequest};

use crate::{failure::Failure, options::Intent, session::Session};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show which tenants want a domain, or one above or below it
    Show {
        /// The domain
        domain: String,
    },
    /// Give a domain to a tenant; a live account of another tenant keeps it until that tenant ends it
    Assign {
        /// The domain
        domain: String,
        /// The tenant's id or name
        #[arg(long)]
        tenant: String,
        /// Why, for the audit log
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        intent: Intent,
    },
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    let mut domains = session.client.domains();
    match command {
        Command::Show { domain } => {
            let request = GetDomainRequest { id: domain };
            session.output.one(&session.client.read(domains.get_domain(request)).await?)
        }
        Command::Assign { domain, tenant, reason, intent } => {
            let request_id = intent.id();
            let request = AssignDomainRequest {
                request_id: request_id.clone(),
                id: domain,
                tenant_id: tenant,
                reason,
            };
            let call = domains.assign_domain(request);
            session.output.one(&session.client.change(&request_id, call).await?)
        }
    }
}
