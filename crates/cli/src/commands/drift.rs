//! `praho drift`.

mod findings;
mod scan;

use clap::{Args, Subcommand, builder::PossibleValuesParser};
use contracts::provisioning::v1::{
    AcceptFindingRequest, GetFindingRequest, GetServerDriftRequest, HealFindingRequest,
    ListFindingsRequest, SetDriftPolicyRequest,
};
use model::{
    drift::{FindingStatus, TermsPolicy, UnknownPolicy},
    job::JobStatus,
};

use super::jobs;
use crate::{
    failure::Failure,
    options::{Intent, Limit, Wait},
    session::Session,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List findings: differences between servers and what they should be
    List(List),
    /// Show a finding
    #[command(alias = "get")]
    Show {
        /// The finding's id
        finding: String,
    },
    /// Check a server for drift now
    Scan(scan::Scan),
    /// Accept a difference: it is not reported or healed again until it changes
    Accept {
        /// The finding's id
        finding: String,
        #[command(flatten)]
        intent: Intent,
    },
    /// File a job that ends a difference, whatever the server's policy says
    Heal {
        /// The finding's id
        finding: String,
        #[command(flatten)]
        intent: Intent,
        #[command(flatten)]
        wait: Wait,
    },
    /// Show a server's last and next check, the result, and its policy
    Status {
        /// The server's id or name
        server: String,
    },
    /// Set what is done about a server's drift automatically
    Policy {
        /// The server's id or name
        server: String,
        #[command(flatten)]
        choice: Choice,
        #[command(flatten)]
        intent: Intent,
    },
}

#[derive(Args, Debug)]
pub(crate) struct List {
    /// Only findings of this server, by its id or name
    #[arg(long)]
    server: Option<String>,
    /// Only findings with this status
    #[arg(long, value_parser = PossibleValuesParser::new(FindingStatus::ALL.map(FindingStatus::as_str)))]
    status: Option<String>,
    #[command(flatten)]
    limit: Limit,
}

/// Missing or wrongly switched virtual servers are restored in any case
#[derive(Args, Debug)]
#[group(required = true, multiple = true)]
pub(crate) struct Choice {
    /// Report a quota that differs from the account's plan, or also set it again
    #[arg(long, value_parser = PossibleValuesParser::new(TermsPolicy::ALL.map(TermsPolicy::as_str)))]
    terms: Option<String>,
    /// Report a virtual server that no account claims, or also switch it off
    #[arg(long, value_parser = PossibleValuesParser::new(UnknownPolicy::ALL.map(UnknownPolicy::as_str)))]
    unknown: Option<String>,
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    let client = &session.client;
    let mut drift = client.drift();
    match command {
        Command::List(list) => list.run(session).await,
        Command::Show { finding: id } => {
            session.output.one(&client.read(drift.get_finding(GetFindingRequest { id })).await?)
        }
        Command::Scan(scan) => scan.run(session).await,
        Command::Accept { finding: id, intent } => {
            let request_id = intent.id();
            let request = AcceptFindingRequest { request_id: request_id.clone(), id };
            let finding = client.change(&request_id, drift.accept_finding(request)).await?;
            session.output.one(&finding)
        }
        Command::Heal { finding: id, intent, wait } => {
            let request_id = intent.id();
            let request = HealFindingRequest { request_id: request_id.clone(), id };
            let job = client.change(&request_id, drift.heal_finding(request)).await?;
            jobs::finish(session, job, wait, JobStatus::Completed).await
        }
        Command::Status { server: id } => {
            let request = GetServerDriftRequest { id };
            session.output.one(&client.read(drift.get_server_drift(request)).await?)
        }
        Command::Policy { server: id, choice, intent } => {
            let request_id = intent.id();
            let request = SetDriftPolicyRequest {
                request_id: request_id.clone(),
                id,
                terms_policy: choice.terms.unwrap_or_default(),
                unknown_policy: choice.unknown.unwrap_or_default(),
            };
            let policy = client.change(&request_id, drift.set_drift_policy(request)).await?;
            session.output.one(&policy)
        }
    }
}

impl List {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let server_id = self.server.unwrap_or_default();
        let status = self.status.unwrap_or_default();
        let filter = ListFindingsRequest { server_id, status, ..ListFindingsRequest::default() };
        session.output.list(&findings::all(session, filter, self.limit).await?)
    }
}
