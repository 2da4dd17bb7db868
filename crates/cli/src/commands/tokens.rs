//! `praho tokens`.

use std::path::PathBuf;

use clap::{Args, Subcommand, builder::PossibleValuesParser};
use contracts::{
    moment::to_timestamp,
    provisioning::v1::{CreateTokenRequest, ListTokensRequest, RevokeTokenRequest, Token},
};
use model::{role::Role, secret::Secret};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    failure::Failure,
    listing::{self, List},
    options::{Intent, Limit},
    secrets::Keeper,
    session::Session,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the tokens of a tenant, also revoked ones
    List {
        #[command(flatten)]
        tenant: Whose,
        #[command(flatten)]
        limit: Limit,
    },
    /// Create a token; its secret is shown once and not stored
    Create(Create),
    /// Revoke a token at once and for good
    Revoke {
        /// The token's id, not its secret
        #[arg(value_name = "TOKEN")]
        id: String,
        #[command(flatten)]
        intent: Intent,
    },
}

/// The tenant of the tokens
#[derive(Args, Debug)]
pub(crate) struct Whose {
    /// The tenant's id or name; without it, your own tenant
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Create {
    /// What it is for: 1 to 63 characters of a-z, 0-9 and hyphen
    name: String,
    /// The token's role; each role may do all that the ones before it may
    #[arg(long, value_parser = PossibleValuesParser::new(Role::ALL.map(Role::as_str)))]
    role: String,
    #[command(flatten)]
    tenant: Whose,
    /// When the token expires, such as 2030-01-31T00:00:00Z; without it, only when revoked
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    expires_at: Option<OffsetDateTime>,
    /// Save the secret in this new file, readable by you alone, and do not show it
    #[arg(long, value_name = "PATH")]
    save: Option<PathBuf>,
    #[command(flatten)]
    intent: Intent,
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    match command {
        Command::List { tenant, limit } => {
            session.output.list(&list(session, tenant.tenant.unwrap_or_default(), limit).await?)
        }
        Command::Create(create) => create.run(session).await,
        Command::Revoke { id, intent } => {
            let request_id = intent.id();
            let request = RevokeTokenRequest { request_id: request_id.clone(), id };
            let mut tokens = session.client.tokens();
            let token = session.client.change(&request_id, tokens.revoke_token(request)).await?;
            session.output.one(&token)
        }
    }
}

async fn list(session: &Session, tenant_id: String, limit: Limit) -> Result<List<Token>, Failure> {
    listing::all(limit, async |page_size, page_token| {
        let request = ListTokensRequest { page_size, page_token, tenant_id: tenant_id.clone() };
        let page = session.client.read(session.client.tokens().list_tokens(request)).await?;
        Ok((page.tokens, page.next_page_token))
    })
    .await
}

impl Create {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let tenant_id = self.tenant.tenant.unwrap_or_default();
        // Opened before the token is made: a secret that cannot be stored would be lost.
        let keeper = self.save.as_deref().map(Keeper::open).transpose()?;
        let request_id = self.intent.id();
        let request = CreateTokenRequest {
            request_id: request_id.clone(),
            tenant_id,
            name: self.name,
            role: self.role,
            expires_at: self.expires_at.map(to_timestamp),
        };
        let mut tokens = session.client.tokens();
        let created = session.client.change(&request_id, tokens.create_token(request)).await?;
        match keeper {
            None => session.output.one(&created),
            Some(keeper) => {
                keeper.keep(&Secret::from(created.secret))?;
                session.output.one(&created.token.unwrap_or_default())
            }
        }
    }
}

fn moment(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| "give a date and a time as in 2030-01-31T00:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_a_date_a_time_and_a_zone() {
        assert_eq!(moment("2030-01-31T02:00:00+02:00").unwrap().unix_timestamp(), 1_896_048_000);
        for wrong in ["tomorrow", "2030-01-31", "2030-01-31T00:00:00"] {
            assert!(moment(wrong).unwrap_err().contains("2030-01-31T00:00:00Z"), "{wrong}");
        }
    }
}
