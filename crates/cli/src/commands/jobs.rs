//! `praho jobs`.

mod retry;

use clap::{Args, Subcommand, builder::PossibleValuesParser};
use contracts::provisioning::v1::{
    CancelJobRequest, GetJobRequest, Job, ListJobsRequest, RetryJobRequest,
};
use model::job::{JobKind, JobStatus};

use crate::{
    failure::Failure,
    listing,
    options::{Intent, Limit, Patience, Wait},
    session::Session,
    waiting,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List jobs
    List(List),
    /// Show a job with its steps
    #[command(alias = "get")]
    Show {
        /// The job's id
        job: String,
    },
    /// Show a job's steps until it ends; the exit code is 0 only if it completed
    Watch {
        /// The job's id
        job: String,
        #[command(flatten)]
        patience: Patience,
    },
    /// Restart a failed or cancelled job, or let a stuck one continue its undo; or many at once
    ///
    /// With --status, the jobs are first counted by kind and fault, and restarted after a yes.
    Retry(retry::Retry),
    /// Ask for a job to be undone; with --wait the exit code is 0 only if it was
    Cancel {
        /// The job's id
        job: String,
        #[command(flatten)]
        intent: Intent,
        #[command(flatten)]
        wait: Wait,
    },
}

#[derive(Args, Debug)]
pub(crate) struct List {
    /// Only jobs with this status
    #[arg(long, value_parser = PossibleValuesParser::new(JobStatus::ALL.map(JobStatus::as_str)))]
    status: Option<String>,
    /// Only jobs of this kind
    #[arg(long, value_parser = PossibleValuesParser::new(JobKind::ALL.map(JobKind::as_str)))]
    kind: Option<String>,
    /// Only jobs that change this target, such as account/example.ro or server/vm1; an id serves too
    #[arg(long)]
    target: Option<String>,
    #[command(flatten)]
    limit: Limit,
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    match command {
        Command::List(list) => list.run(session).await,
        Command::Show { job } => session.output.one(&get(session, &job).await?),
        Command::Watch { job, patience } => {
            let job = waiting::watch(session, &job, patience.limit()).await?;
            session.output.one(&job)?;
            waiting::verdict(&job, JobStatus::Completed)
        }
        Command::Retry(retry) => {
            let Some(job) = retry.job.clone() else { return retry.many(session).await };
            let request_id = retry.intent.id();
            let request = RetryJobRequest { request_id: request_id.clone(), id: job };
            let mut jobs = session.client.jobs();
            let job = session.client.change(&request_id, jobs.retry_job(request)).await?;
            finish(session, job, retry.wait, JobStatus::Completed).await
        }
        Command::Cancel { job, intent, wait } => {
            let request_id = intent.id();
            let request = CancelJobRequest { request_id: request_id.clone(), id: job };
            let mut jobs = session.client.jobs();
            let job = session.client.change(&request_id, jobs.cancel_job(request)).await?;
            finish(session, job, wait, JobStatus::Cancelled).await
        }
    }
}

/// Writes the job. With `--wait`, waits for its end first.
///
/// # Errors
/// If the job was waited for and did not end as `wanted`.
pub(crate) async fn finish(
    session: &Session,
    job: Job,
    wait: Wait,
    wanted: JobStatus,
) -> Result<(), Failure> {
    if !wait.wait {
        hint(session, &job);
        return session.output.one(&job);
    }
    let job = waiting::watch(session, &job.id, wait.patience.limit()).await?;
    session.output.one(&job)?;
    waiting::verdict(&job, wanted)
}

/// Names the command that watches a job that was not waited for.
pub(crate) fn hint(session: &Session, job: &Job) {
    if !waiting::is_at_rest(job) {
        session.output.note(&format!("praho jobs watch {} shows its progress", job.id));
    }
}

/// The newest job on a target; of any kind if `kind` is empty.
pub(crate) async fn newest(
    session: &Session,
    target: &str,
    kind: &str,
) -> Result<Option<Job>, Failure> {
    let request = ListJobsRequest {
        page_size: 1,
        kind: kind.to_owned(),
        target: target.to_owned(),
        ..ListJobsRequest::default()
    };
    let page = session.client.read(session.client.jobs().list_jobs(request)).await?;
    Ok(page.jobs.into_iter().next())
}

async fn get(session: &Session, id: &str) -> Result<Job, Failure> {
    let request = GetJobRequest { id: id.to_owned() };
    session.client.read(session.client.jobs().get_job(request)).await
}

impl List {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let filter = ListJobsRequest {
            status: self.status.unwrap_or_default(),
            kind: self.kind.unwrap_or_default(),
            target: self.target.unwrap_or_default(),
            ..ListJobsRequest::default()
        };
        let jobs = listing::all(self.limit, async |page_size, page_token| {
            let request = ListJobsRequest { page_size, page_token, ..filter.clone() };
            let page = session.client.read(session.client.jobs().list_jobs(request)).await?;
            Ok((page.jobs, page.next_page_token))
        });
        session.output.list(&jobs.await?)
    }
}
