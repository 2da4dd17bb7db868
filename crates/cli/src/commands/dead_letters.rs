//! `praho dead-letters`.

use clap::{Args, Subcommand, builder::PossibleValuesParser};
use contracts::provisioning::v1::{
    DeadLetter, DiscardDeadLetterRequest, GetDeadLetterRequest, ListDeadLettersRequest,
    RedriveDeadLetterRequest, RedrivenDeadLetter,
};
use model::{dead_letter::DeadLetterStatus, job::JobStatus};

use super::jobs;
use crate::{
    failure::Failure,
    listing,
    options::{Intent, Limit, Wait},
    session::Session,
    waiting,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List dead letters
    List(List),
    /// Show a dead letter
    #[command(alias = "get")]
    Show {
        /// The dead letter's id
        dead_letter: String,
    },
    /// Repeat the work: retry the job, or run the command again
    Redrive {
        /// The dead letter's id
        dead_letter: String,
        #[command(flatten)]
        intent: Intent,
        #[command(flatten)]
        wait: Wait,
    },
    /// Settle a dead letter without any other change
    Discard {
        /// The dead letter's id
        dead_letter: String,
        #[command(flatten)]
        intent: Intent,
    },
}

#[derive(Args, Debug)]
pub(crate) struct List {
    /// Only dead letters with this status
    #[arg(long, value_parser = PossibleValuesParser::new(DeadLetterStatus::ALL.map(DeadLetterStatus::as_str)))]
    status: Option<String>,
    /// Only dead letters of this queue, such as praho.commands
    #[arg(long)]
    queue: Option<String>,
    #[command(flatten)]
    limit: Limit,
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    let client = &session.client;
    let mut letters = client.dead_letters();
    match command {
        Command::List(list) => list.run(session).await,
        Command::Show { dead_letter: id } => {
            let request = GetDeadLetterRequest { id };
            session.output.one(&client.read(letters.get_dead_letter(request)).await?)
        }
        Command::Redrive { dead_letter: id, intent, wait } => {
            let request_id = intent.id();
            let request = RedriveDeadLetterRequest { request_id: request_id.clone(), id };
            let redriven = client.change(&request_id, letters.redrive_dead_letter(request)).await?;
            finish(session, redriven, wait).await
        }
        Command::Discard { dead_letter: id, intent } => {
            let request_id = intent.id();
            let request = DiscardDeadLetterRequest { request_id: request_id.clone(), id };
            let letter = client.change(&request_id, letters.discard_dead_letter(request)).await?;
            session.output.one(&letter)
        }
    }
}

/// Writes the result of a redrive. With `--wait`, waits for its job and writes that as it ended.
async fn finish(
    session: &Session,
    mut redriven: RedrivenDeadLetter,
    wait: Wait,
) -> Result<(), Failure> {
    if let Some(job) = redriven.job.as_mut().filter(|_| wait.wait) {
        *job = waiting::watch(session, &job.id, wait.patience.limit()).await?;
    }
    session.output.one(&redriven)?;
    match &redriven.job {
        Some(job) if wait.wait => waiting::verdict(job, JobStatus::Completed),
        Some(job) => {
            jobs::hint(session, job);
            Ok(())
        }
        None => {
            session.output.note("no new job: the service is already as the command asks");
            Ok(())
        }
    }
}

impl List {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let filter = ListDeadLettersRequest {
            status: self.status.unwrap_or_default(),
            queue: self.queue.unwrap_or_default(),
            ..ListDeadLettersRequest::default()
        };
        let client = &session.client;
        let letters: listing::List<DeadLetter> =
            listing::all(self.limit, async |page_size, page_token| {
                let request = ListDeadLettersRequest { page_size, page_token, ..filter.clone() };
                let page = client.read(client.dead_letters().list_dead_letters(request)).await?;
                Ok((page.dead_letters, page.next_page_token))
            })
            .await?;
        session.output.list(&letters)
    }
}
