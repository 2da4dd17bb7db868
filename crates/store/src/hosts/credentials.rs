//! How to log in to hosts: sealed, and read for the gateway alone.

use std::fmt;

use model::{ids::ServerId, server::Server};
use sea_orm::FromQueryResult;

use super::entity;
use crate::{
    Error, Result, Store,
    statement::{one, sql},
};

/// How to log in to a server's panel, sealed. Prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedCredentials {
    /// Sealed for `server/<id>/username`.
    pub username: Vec<u8>,
    /// Sealed for `server/<id>/password`.
    pub password: Vec<u8>,
}

impl fmt::Debug for SealedCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedCredentials(***)")
    }
}

/// A server with what it takes to call its panel.
#[derive(Clone, Debug)]
pub struct ServerAccess {
    /// The server.
    pub server: Server,
    /// Where its panel listens.
    pub url: String,
    /// How to log in to its panel.
    pub credentials: SealedCredentials,
}

impl Store {
    /// A server with its panel's credentials: for the gateway, which alone can open them. `None` also for a server
    /// that has no panel yet.
    pub async fn server_access(&self, id: ServerId) -> Result<Option<ServerAccess>> {
        let statement = sql(
            "SELECT servers.*, url AS panel_url, sealed_username, sealed_secret
             FROM servers JOIN server_credentials ON server_id = id AND server_credentials.kind = 'panel'
             WHERE id = $1 AND url IS NOT NULL",
            [id.uuid().into()],
        );
        one::<AccessRow, _>(&self.db, statement).await
    }
}

#[derive(FromQueryResult)]
struct AccessRow {
    #[sea_orm(nested)]
    server: entity::Model,
    panel_url: String,
    sealed_username: Vec<u8>,
    sealed_secret: Vec<u8>,
}

impl TryFrom<AccessRow> for ServerAccess {
    type Error = Error;

    fn try_from(row: AccessRow) -> Result<Self> {
        Ok(Self {
            server: row.server.try_into()?,
            url: row.panel_url,
            credentials: SealedCredentials {
                username: row.sealed_username,
                password: row.sealed_secret,
            },
        })
    }
}
