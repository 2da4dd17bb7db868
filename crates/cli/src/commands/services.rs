//! `praho services`.

use clap::{Args, Subcommand};
use contracts::provisioning::v1::{
    ActivateServiceRequest, CreateServiceRequest, GetServiceRequest, ListServicesRequest, Service,
    ServiceOperation, SuspendServiceRequest, TerminateServiceRequest, UnsuspendServiceRequest,
};
use model::job::JobStatus;

use super::{accounts, jobs};
use crate::{
    failure::{Failure, REFUSED},
    listing::{self, List},
    options::{Intent, Limit, Wait},
    secrets::NewPassword,
    session::Session,
    waiting,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List services
    List(Limit),
    /// Show a service
    Get {
        /// The service's id or domain
        service: String,
    },
    /// Create a service: a plan for a domain; only activation makes an account
    Create {
        /// The domain
        domain: String,
        /// The plan's id or name
        #[arg(long)]
        plan: String,
        /// The billing system's id for the service
        #[arg(long, value_name = "TEXT")]
        external_id: Option<String>,
        #[command(flatten)]
        intent: Intent,
    },
    /// Create the service's account; without a given password, its user gets a generated one
    Activate {
        #[command(flatten)]
        change: Change,
        #[command(flatten)]
        password: NewPassword,
    },
    /// Switch off the service's site and mailboxes; no data is lost
    Suspend {
        #[command(flatten)]
        change: Change,
        /// Shown on the panel; up to 200 characters
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        reason: String,
    },
    /// Switch a suspended service on again
    Unsuspend(Change),
    /// Delete the service's account for good; refused while it is protected
    Terminate(Change),
}

#[derive(Args, Debug)]
pub(crate) struct Change {
    /// The service's id or domain
    service: String,
    #[command(flatten)]
    intent: Intent,
    #[command(flatten)]
    wait: Wait,
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    let client = &session.client;
    let mut services = client.services();
    let (operation, wait) = match command {
        Command::List(limit) => {
            return session.output.list(&list(session, limit).await?);
        }
        Command::Get { service } => return session.output.one(&get(session, &service).await?),
        Command::Create { domain, plan, external_id, intent } => {
            let request_id = intent.id();
            let external_id = external_id.unwrap_or_default();
            let request = CreateServiceRequest {
                request_id: request_id.clone(),
                plan_id: plan,
                domain,
                external_id,
            };
            let service = client.change(&request_id, services.create_service(request)).await?;
            return session.output.one(&service);
        }
        Command::Activate { change: Change { service: id, intent, wait }, password } => {
            let given = password.read()?;
            let password = given.map(|it| it.expose().to_owned()).unwrap_or_default();
            let request_id = intent.id();
            let request = ActivateServiceRequest { request_id: request_id.clone(), id, password };
            (client.change(&request_id, services.activate_service(request)).await?, wait)
        }
        Command::Suspend { change: Change { service: id, intent, wait }, reason } => {
            let request_id = intent.id();
            let request = SuspendServiceRequest { request_id: request_id.clone(), id, reason };
            (client.change(&request_id, services.suspend_service(request)).await?, wait)
        }
        Command::Unsuspend(Change { service: id, intent, wait }) => {
            let request_id = intent.id();
            let request = UnsuspendServiceRequest { request_id: request_id.clone(), id };
            (client.change(&request_id, services.unsuspend_service(request)).await?, wait)
        }
        Command::Terminate(Change { service: id, intent, wait }) => {
            let request_id = intent.id();
            let request =
                TerminateServiceRequest { request_id: request_id.clone(), id: id.clone() };
            match client.change(&request_id, services.terminate_service(request)).await {
                Ok(operation) => (operation, wait),
                Err(failure) => return Err(refusal(session, &id, failure).await),
            }
        }
    };
    finish(session, operation, wait).await
}

/// Writes what was accepted. With `--wait`, waits for its job and writes the result.
async fn finish(
    session: &Session,
    mut operation: ServiceOperation,
    wait: Wait,
) -> Result<(), Failure> {
    if wait.wait {
        settle(session, &mut operation, wait).await?;
    }
    session.output.one(&operation)?;
    match &operation.job {
        Some(job) if wait.wait => waiting::verdict(job, JobStatus::Completed),
        Some(job) => {
            jobs::hint(session, job);
            Ok(())
        }
        None => {
            session.output.note("no new job: the service is as requested, or its job is under way");
            Ok(())
        }
    }
}

/// Waits for the job and updates the operation. If the change was under way before the request, the answer has
/// no job; the account's newest job is then used.
async fn settle(
    session: &Session,
    operation: &mut ServiceOperation,
    wait: Wait,
) -> Result<(), Failure> {
    if let (None, Some(account)) = (&operation.job, &operation.account) {
        let newest = jobs::newest(session, &format!("account/{}", account.id), "").await?;
        operation.job = newest.filter(|it| !waiting::is_at_rest(it));
    }
    if let Some(job) = &mut operation.job {
        *job = waiting::watch(session, &job.id, wait.patience.limit()).await?;
        if let Some(service) = &mut operation.service {
            *service = get(session, &service.id).await?;
        }
        if let Some(account) = &mut operation.account {
            *account = accounts::get(session, &account.id).await?;
        }
    }
    Ok(())
}

/// The failure to terminate a service; names the account's protection if that is the reason.
async fn refusal(session: &Session, service: &str, failure: Failure) -> Failure {
    if failure.exit_code() != REFUSED {
        return failure;
    }
    let Ok(service) = get(session, service).await else { return failure };
    match accounts::get(session, &service.account_id).await {
        Ok(account) if account.protected => Failure::Protected { account: account.domain },
        _ => failure,
    }
}

async fn get(session: &Session, id: &str) -> Result<Service, Failure> {
    let request = GetServiceRequest { id: id.to_owned() };
    session.client.read(session.client.services().get_service(request)).await
}

async fn list(session: &Session, limit: Limit) -> Result<List<Service>, Failure> {
    listing::all(limit, async |page_size, page_token| {
        let request = ListServicesRequest { page_size, page_token };
        let page = session.client.read(session.client.services().list_services(request)).await?;
        Ok((page.services, page.next_page_token))
    })
    .await
}
