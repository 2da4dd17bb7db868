//! `praho accounts password`.

use std::path::PathBuf;

use clap::Subcommand;
use contracts::provisioning::v1::{ResetAccountPasswordRequest, RevealAccountPasswordRequest};
use model::{job::JobStatus, secret::Secret};

use crate::{
    commands::jobs,
    failure::Failure,
    options::{Intent, Wait},
    secrets::{Keeper, NewPassword},
    session::Session,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the password that was generated for an account, once, within a day
    Reveal {
        /// The account's id or domain
        account: String,
        /// Save the password in this new file, readable by you alone, and do not show it
        #[arg(long, value_name = "PATH")]
        save: Option<PathBuf>,
        #[command(flatten)]
        intent: Intent,
    },
    /// Give an account's user another password; without a given one, it is generated
    Reset {
        /// The account's id or domain
        account: String,
        #[command(flatten)]
        password: NewPassword,
        #[command(flatten)]
        intent: Intent,
        #[command(flatten)]
        wait: Wait,
    },
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    match command {
        Command::Reveal { account, save, intent } => reveal(session, account, save, intent).await,
        Command::Reset { account, password, intent, wait } => {
            reset(session, account, password, intent, wait).await
        }
    }
}

async fn reveal(
    session: &Session,
    id: String,
    save: Option<PathBuf>,
    intent: Intent,
) -> Result<(), Failure> {
    // Opened before the password is shown: one that cannot be stored would be lost.
    let keeper = save.as_deref().map(Keeper::open).transpose()?;
    let request_id = intent.id();
    let request = RevealAccountPasswordRequest { request_id: request_id.clone(), id };
    let mut accounts = session.client.accounts();
    let shown =
        session.client.change(&request_id, accounts.reveal_account_password(request)).await?;
    match keeper {
        None => session.output.one(&shown),
        Some(keeper) => {
            keeper.keep(&Secret::from(shown.password))?;
            session.output.one(&shown.account.unwrap_or_default())
        }
    }
}

async fn reset(
    session: &Session,
    id: String,
    password: NewPassword,
    intent: Intent,
    wait: Wait,
) -> Result<(), Failure> {
    let given = password.read()?;
    let generated = given.is_none();
    let request_id = intent.id();
    let request = ResetAccountPasswordRequest {
        request_id: request_id.clone(),
        id: id.clone(),
        password: given.map(|it| it.expose().to_owned()).unwrap_or_default(),
    };
    let mut accounts = session.client.accounts();
    let job = session.client.change(&request_id, accounts.reset_account_password(request)).await?;
    if generated {
        session.output.note(&format!(
            "once the job has completed, praho accounts password reveal {id} shows the password"
        ));
    }
    jobs::finish(session, job, wait, JobStatus::Completed).await
}
