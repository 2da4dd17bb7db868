//! The ways to the shells of hosts, and the leave to go them for a time.

use std::time::Duration;

use model::{
    ids::ServerId,
    shell::{BreakGlass, Shell},
};
use time::OffsetDateTime;

use crate::{
    Result, Tx,
    columns::{count, parsed},
    statement::{execute, sql, value},
};

impl Tx {
    /// Sets the way to a server's shell, in place of the former one. `None` keeps a present key. A leave that is in force stays.
    pub async fn set_server_shell(
        &self,
        id: ServerId,
        shell: &Shell,
        sealed_key: Option<&[u8]>,
    ) -> Result<()> {
        let keys: Vec<String> = shell.keys.iter().map(ToString::to_string).collect();
        let statement = sql(
            "UPDATE servers SET ssh_host = $2, ssh_port = $3, ssh_user = $4, ssh_host_keys = $5 WHERE id = $1",
            [
                id.uuid().into(),
                shell.host.as_str().into(),
                i32::from(shell.port).into(),
                shell.user.as_str().into(),
                keys.into(),
            ],
        );
        execute(&self.db, statement).await?;
        if let Some(sealed_key) = sealed_key {
            // Not `excluded`: who sets a key may not read it.
            let statement = sql(
                "INSERT INTO server_shell_keys (server_id, sealed_private_key) VALUES ($1, $2)
                 ON CONFLICT (server_id) DO UPDATE SET sealed_private_key = $2",
                [id.uuid().into(), sealed_key.to_vec().into()],
            );
            execute(&self.db, statement).await?;
        }
        Ok(())
    }

    /// Lets a server be called by its shell for a time from now on, in place of a former leave; returns its end. `None`, and
    /// nothing changes, if there is no way to its shell.
    pub async fn allow_break_glass(
        &self,
        id: ServerId,
        duration: Duration,
        reason: &str,
        by: &str,
    ) -> Result<Option<OffsetDateTime>> {
        let statement = sql(
            "UPDATE servers
             SET break_glass_until = now() + $2 * interval '1 second', break_glass_reason = $3, break_glass_by = $4
             WHERE id = $1 AND ssh_host IS NOT NULL RETURNING break_glass_until",
            [id.uuid().into(), duration.as_secs_f64().into(), reason.into(), by.into()],
        );
        value(&self.db, statement).await
    }

    /// Ends the leave at once; `false` if there is none.
    pub async fn end_break_glass(&self, id: ServerId) -> Result<bool> {
        let statement = sql(
            "UPDATE servers SET break_glass_until = NULL, break_glass_reason = NULL, break_glass_by = NULL
             WHERE id = $1 AND break_glass_until IS NOT NULL",
            [id.uuid().into()],
        );
        Ok(execute(&self.db, statement).await? == 1)
    }
}

/// The columns of a server's row about its shell.
pub(super) struct Columns {
    pub(super) host: Option<String>,
    pub(super) port: Option<i32>,
    pub(super) user: Option<String>,
    pub(super) keys: Option<Vec<String>>,
    pub(super) until: Option<OffsetDateTime>,
    pub(super) reason: Option<String>,
    pub(super) by: Option<String>,
}

/// The way that these columns name.
pub(super) fn shell(columns: Columns) -> Result<Option<Shell>> {
    let Columns { host, port, user, keys, until, reason, by } = columns;
    let (Some(host), Some(port), Some(user), Some(keys)) = (host, port, user, keys) else {
        return Ok(None);
    };
    let break_glass = match (until, reason, by) {
        (Some(until), Some(reason), Some(by)) => Some(BreakGlass { until, reason, by }),
        _ => None,
    };
    let keys = keys.iter().map(|key| parsed("ssh_host_keys", key));
    let port = count("ssh_port", port)?;
    Ok(Some(Shell {
        host,
        port: u16::try_from(port)
            .map_err(|_| crate::Error::Unreadable(format!("ssh_port: {port}")))?,
        user,
        keys: keys.collect::<Result<_>>()?,
        break_glass,
    }))
}
