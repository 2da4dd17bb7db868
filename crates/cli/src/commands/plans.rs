//! `praho plans`.

mod update;

use clap::{Args, Subcommand};
use contracts::provisioning::v1::{
    CreatePlanRequest, DeletePlanRequest, GetPlanRequest, ListPlansRequest, Plan,
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
    /// List plans
    List(Limit),
    /// Show a plan
    Get {
        /// The plan's id or name
        plan: String,
    },
    /// Create a plan; an omitted limit means unlimited
    Create(Create),
    /// Change a plan for new accounts; what is not given stays
    ///
    /// With --apply, the accounts that are there get the plan's disk space and traffic too.
    Update(update::Update),
    /// Delete a plan that no service uses
    Delete {
        /// The plan's id or name
        plan: String,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        intent: Intent,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Create {
    /// Its name: 1 to 63 characters of a-z, 0-9 and hyphen
    name: String,
    /// Disk space, in MiB
    #[arg(long, value_name = "MIB")]
    disk_mib: Option<u64>,
    /// Traffic for each month, in MiB
    #[arg(long, value_name = "MIB")]
    bandwidth_mib: Option<u64>,
    /// Number of mailboxes
    #[arg(long, value_name = "NUMBER")]
    mailboxes: Option<u64>,
    /// Number of databases
    #[arg(long, value_name = "NUMBER")]
    databases: Option<u64>,
    /// Features of the plan: web, ssl, dns, mail, mysql
    #[arg(long, value_delimiter = ',', value_name = "FEATURE,..")]
    features: Vec<String>,
    /// Tags that a server needs to carry the plan
    #[arg(long, value_delimiter = ',', value_name = "TAG,..")]
    server_tags: Vec<String>,
    #[command(flatten)]
    intent: Intent,
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    match command {
        Command::List(limit) => session.output.list(&list(session, limit).await?),
        Command::Get { plan } => session.output.one(&find(session, &plan).await?),
        Command::Create(create) => create.run(session).await,
        Command::Update(update) => update.run(session).await,
        Command::Delete { plan, consent, intent } => {
            if !consent.to(&format!("Delete plan {plan}?"), session)? {
                return Ok(());
            }
            let request_id = intent.id();
            let request = DeletePlanRequest { request_id: request_id.clone(), id: plan };
            let mut plans = session.client.plans();
            let deleted = session.client.change(&request_id, plans.delete_plan(request)).await?;
            session.output.one(&deleted)
        }
    }
}

/// The plan with this id or name.
pub(crate) async fn find(session: &Session, plan: &str) -> Result<Plan, Failure> {
    let request = GetPlanRequest { id: plan.to_owned() };
    session.client.read(session.client.plans().get_plan(request)).await
}

async fn list(session: &Session, limit: Limit) -> Result<List<Plan>, Failure> {
    listing::all(limit, async |page_size, page_token| {
        let request = ListPlansRequest { page_size, page_token };
        let page = session.client.read(session.client.plans().list_plans(request)).await?;
        Ok((page.plans, page.next_page_token))
    })
    .await
}

impl Create {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let request_id = self.intent.id();
        let request = CreatePlanRequest {
            request_id: request_id.clone(),
            name: self.name,
            disk_mib: self.disk_mib,
            bandwidth_mib: self.bandwidth_mib,
            mailboxes: self.mailboxes,
            databases: self.databases,
            features: self.features,
            server_tags: self.server_tags,
        };
        let mut plans = session.client.plans();
        let plan = session.client.change(&request_id, plans.create_plan(request)).await?;
        session.output.one(&plan)
    }
}
