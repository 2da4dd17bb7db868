//! `praho programs`.

use clap::{Args, Subcommand};
use contracts::provisioning::v1::{
    Argument, CallProgramRequest, GetProgramAnswerRequest, ListProgramsRequest,
};
use model::job::JobStatus;

use super::jobs;
use crate::{
    failure::Failure,
    listing::List,
    options::{Intent, Wait},
    session::Session,
    waiting,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the programs of Virtualmin that may be called, with their parameters
    List,
    /// Call a program on a server, by a job
    Call(Call),
    /// Show what a job of `call` answered
    Answer {
        /// The id of the job
        job: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Call {
    /// The server's id or name
    server: String,
    /// The program, such as list-users
    program: String,
    /// A parameter: its flag alone, or with a value; repeat it for more
    #[arg(long = "set", value_name = "FLAG[=VALUE]")]
    arguments: Vec<String>,
    /// Why, for the audit log
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    intent: Intent,
    #[command(flatten)]
    wait: Wait,
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    match command {
        Command::List => {
            let mut programs = session.client.programs();
            let list = session.client.read(programs.list_programs(ListProgramsRequest {})).await?;
            let items = list.programs;
            session.output.list(&List { items, next_page_token: String::new() })
        }
        Command::Call(call) => call.run(session).await,
        Command::Answer { job } => answer(session, job).await,
    }
}

async fn answer(session: &Session, id: String) -> Result<(), Failure> {
    let mut programs = session.client.programs();
    let answer = programs.get_program_answer(GetProgramAnswerRequest { id });
    session.output.one(&session.client.read(answer).await?)
}

impl Call {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let request_id = self.intent.id();
        let request = CallProgramRequest {
            request_id: request_id.clone(),
            id: self.server,
            program: self.program,
            arguments: self.arguments.iter().map(|it| argument(it)).collect(),
            reason: self.reason,
        };
        let mut programs = session.client.programs();
        let job = session.client.change(&request_id, programs.call_program(request)).await?;
        if !self.wait.wait {
            jobs::hint(session, &job);
            return session.output.one(&job);
        }
        let job = waiting::watch(session, &job.id, self.wait.patience.limit()).await?;
        waiting::verdict(&job, JobStatus::Completed)?;
        answer(session, job.id).await
    }
}

fn argument(text: &str) -> Argument {
    match text.split_once('=') {
        Some((flag, value)) => Argument { flag: flag.to_owned(), value: Some(value.to_owned()) },
        None => Argument { flag: text.to_owned(), value: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_have_an_equals_sign_and_a_flag_alone_has_none() {
        let it = argument("why=a=b");
        assert_eq!((it.flag.as_str(), it.value.as_deref()), ("why", Some("a=b")));
        let it = argument("protected");
        assert_eq!((it.flag.as_str(), it.value), ("protected", None));
    }
}
