//! Sealed credentials of hosts, for the gateway only.

use std::fmt;

use model::{ids::ServerId, server::Server};
use sea_orm::FromQueryResult;

use super::entity;
use crate::{
    Error, Result, Store,
    statement::{one, sql},
};

/// The sealed credentials of a server's panel. Its `Debug` form leaves them out.
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

/// A server with the address and the credentials of its panel.
#[derive(Clone, Debug)]
pub struct ServerAccess {
    /// The server.
    pub server: Server,
    /// The panel's URL.
    pub url: String,
    /// The panel's credentials.
    pub credentials: SealedCredentials,
}

impl Store {
    /// A server with its panel's sealed credentials, which only the gateway can open. `None` also for a server
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
