//! `praho plans update`: the change of a plan, and of the accounts that are on it.

use clap::{Args, builder::PossibleValuesParser};
use contracts::provisioning::v1::{PlanOperation, UpdatePlanRequest};
use model::job::JobStatus;

use crate::{
    commands::jobs,
    failure::Failure,
    options::{Intent, Wait},
    question::Consent,
    session::Session,
};

#[derive(Args, Debug)]
pub(crate) struct Update {
    /// The plan's id or name
    plan: String,
    /// A new name
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
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
    /// Limits to remove: disk-mib, bandwidth-mib, mailboxes, databases
    #[arg(long, value_delimiter = ',', value_name = "LIMIT,..", hide_possible_values = true)]
    #[arg(value_parser = PossibleValuesParser::new(["disk-mib", "bandwidth-mib", "mailboxes", "databases"]))]
    unlimited: Vec<String>,
    /// Features of the plan: web, ssl, dns, mail, mysql
    #[arg(long, value_delimiter = ',', value_name = "FEATURE,..")]
    features: Vec<String>,
    /// Remove all features
    #[arg(long, conflicts_with = "features")]
    no_features: bool,
    /// Tags that a server needs to carry the plan
    #[arg(long, value_delimiter = ',', value_name = "TAG,..")]
    server_tags: Vec<String>,
    /// Remove all tags
    #[arg(long, conflicts_with = "server_tags")]
    no_server_tags: bool,
    /// Also bring the accounts that are there to the plan's disk space and traffic
    #[arg(long)]
    apply: bool,
    /// Only show the changed plan, and with --apply the number of accounts that would change
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    intent: Intent,
    #[command(flatten)]
    wait: Wait,
}

impl Update {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        if self.dry_run {
            return session.output.one(&self.send(session, true).await?);
        }
        if self.apply {
            let accounts = self.send(session, true).await?.accounts;
            let question = format!("Change {accounts} accounts too?");
            if accounts > 0 && !self.consent.to(&question, session)? {
                return Ok(());
            }
        }
        let changed = self.send(session, false).await?;
        match changed.job.clone() {
            Some(job) => {
                session.output.note(&format!("{} accounts get the quotas", changed.accounts));
                jobs::finish(session, job, self.wait, JobStatus::Completed).await
            }
            None => session.output.one(&changed.plan.unwrap_or_default()),
        }
    }

    async fn send(&self, session: &Session, dry_run: bool) -> Result<PlanOperation, Failure> {
        let request_id = self.intent.clone().id();
        let request = UpdatePlanRequest {
            request_id: request_id.clone(),
            id: self.plan.clone(),
            name: self.name.clone(),
            disk_mib: self.disk_mib,
            bandwidth_mib: self.bandwidth_mib,
            mailboxes: self.mailboxes,
            databases: self.databases,
            unlimited: self.unlimited.iter().map(|it| it.replace('-', "_")).collect(),
            features: self.features.clone(),
            no_features: self.no_features,
            server_tags: self.server_tags.clone(),
            no_server_tags: self.no_server_tags,
            apply_to_accounts: self.apply,
            dry_run,
        };
        let mut plans = session.client.plans();
        session.client.change(&request_id, plans.update_plan(request)).await
    }
}
