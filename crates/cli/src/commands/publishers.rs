//! `praho publishers`.

use clap::{Args, Subcommand};
use contracts::provisioning::v1::{
    CreatePublisherRequest, DeletePublisherRequest, ListPublishersRequest, Publisher,
};

use crate::{
    failure::Failure,
    listing::{self, List},
    options::{Intent, Limit},
    question::Consent,
    session::Session,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the RabbitMQ users whose commands count, and their tenants
    List(Limit),
    /// Let the commands of a RabbitMQ user act for a tenant
    Create(Create),
    /// Refuse the commands of a RabbitMQ user from now on
    Delete {
        /// The publisher's id, or the name of its user
        publisher: String,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        intent: Intent,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Create {
    /// The name of the user in RabbitMQ
    user_name: String,
    /// The tenant's id or name; without it, your own tenant
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// What it may command
    #[arg(long, value_parser = ["operator", "admin", "owner"], default_value = "operator")]
    role: String,
    #[command(flatten)]
    intent: Intent,
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    let mut publishers = session.client.publishers();
    match command {
        Command::List(limit) => session.output.list(&list(session, limit).await?),
        Command::Create(Create { user_name, tenant, role, intent }) => {
            let request_id = intent.id();
            let request = CreatePublisherRequest {
                request_id: request_id.clone(),
                user_name,
                tenant_id: tenant.unwrap_or_default(),
                role,
            };
            let call = publishers.create_publisher(request);
            session.output.one(&session.client.change(&request_id, call).await?)
        }
        Command::Delete { publisher, consent, intent } => {
            if !consent.to(&format!("Refuse the commands of {publisher}?"), session)? {
                return Ok(());
            }
            let request_id = intent.id();
            let request = DeletePublisherRequest { request_id: request_id.clone(), id: publisher };
            let call = publishers.delete_publisher(request);
            session.output.one(&session.client.change(&request_id, call).await?)
        }
    }
}

async fn list(session: &Session, limit: Limit) -> Result<List<Publisher>, Failure> {
    listing::all(limit, async |page_size, page_token| {
        let request = ListPublishersRequest { page_size, page_token };
        let mut publishers = session.client.publishers();
        let page = session.client.read(publishers.list_publishers(request)).await?;
        Ok((page.publishers, page.next_page_token))
    })
    .await
}
