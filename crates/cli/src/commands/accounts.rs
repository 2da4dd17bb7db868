//! `praho accounts`.

mod password;

use clap::{Subcommand, builder::PossibleValuesParser};
use contracts::provisioning::v1::{
    Account, GetAccountRequest, ListAccountsRequest, SetAccountProtectionRequest,
};
use model::account::AccountStatus;

use crate::{
    failure::Failure,
    listing::{self, List},
    options::{Intent, Limit},
    session::Session,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List accounts
    List {
        /// Only accounts with this status
        #[arg(long, value_parser = PossibleValuesParser::new(AccountStatus::ALL.map(AccountStatus::as_str)))]
        status: Option<String>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show an account
    Get {
        /// The account's id or domain
        account: String,
    },
    /// Forbid termination, as for every new account
    Protect {
        /// The account's id or domain
        account: String,
        #[command(flatten)]
        intent: Intent,
    },
    /// The password of the account's user
    #[command(subcommand)]
    Password(password::Command),
    /// Allow termination
    Unprotect {
        /// The account's id or domain
        account: String,
        #[command(flatten)]
        intent: Intent,
    },
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    match command {
        Command::Password(command) => password::run(command, session).await,
        Command::List { status, limit } => {
            session.output.list(&list(session, status.unwrap_or_default(), limit).await?)
        }
        Command::Get { account } => session.output.one(&get(session, &account).await?),
        Command::Protect { account, intent } => protect(session, account, true, intent).await,
        Command::Unprotect { account, intent } => protect(session, account, false, intent).await,
    }
}

/// The account with this id or domain.
pub(crate) async fn get(session: &Session, id: &str) -> Result<Account, Failure> {
    let request = GetAccountRequest { id: id.to_owned() };
    session.client.read(session.client.accounts().get_account(request)).await
}

async fn list(session: &Session, status: String, limit: Limit) -> Result<List<Account>, Failure> {
    listing::all(limit, async |page_size, page_token| {
        let request = ListAccountsRequest { page_size, page_token, status: status.clone() };
        let page = session.client.read(session.client.accounts().list_accounts(request)).await?;
        Ok((page.accounts, page.next_page_token))
    })
    .await
}

async fn protect(
    session: &Session,
    id: String,
    protected: bool,
    intent: Intent,
) -> Result<(), Failure> {
    let request_id = intent.id();
    let request = SetAccountProtectionRequest { request_id: request_id.clone(), id, protected };
    let mut accounts = session.client.accounts();
    let account =
        session.client.change(&request_id, accounts.set_account_protection(request)).await?;
    session.output.one(&account)
}
