//! Sealed credentials of hosts, for the gateway only.

use std::{fmt, time::Duration};

use model::{ids::ServerId, server::Server};
use sea_orm::FromQueryResult;

use super::entity;
use crate::{
    Error, Result, Store,
    columns::seconds,
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
    /// The leave to go to its shell; `None` while there is none.
    pub break_glass: Option<SealedShellKey>,
}

/// The sealed private key for a server's shell, and how long it may be used. Its `Debug` form leaves the key out.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedShellKey {
    /// Sealed for `server/<id>/shell-key`.
    pub private_key: Vec<u8>,
    /// What is left of the time for which break-glass is allowed.
    pub left: Duration,
}

impl fmt::Debug for SealedShellKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedShellKey(*** for {:?})", self.left)
    }
}

impl Store {
    /// A server with its panel's sealed credentials, which only the gateway can open. `None` also for a server
    /// that has no panel yet.
    pub async fn server_access(&self, id: ServerId) -> Result<Option<ServerAccess>> {
        let statement = sql(
            "SELECT servers.*, url AS panel_url, sealed_username, sealed_secret, sealed_private_key,
                 extract(epoch FROM break_glass_until - clock_timestamp())::float8 AS break_glass_left
             FROM servers
             JOIN server_credentials ON server_credentials.server_id = id AND server_credentials.kind = 'panel'
             LEFT JOIN server_shell_keys ON server_shell_keys.server_id = id AND break_glass_until > clock_timestamp()
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
    sealed_private_key: Option<Vec<u8>>,
    break_glass_left: Option<f64>,
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
            break_glass: row.sealed_private_key.map(|private_key| SealedShellKey {
                private_key,
                left: seconds(row.break_glass_left.unwrap_or_default()),
            }),
        })
    }
}
