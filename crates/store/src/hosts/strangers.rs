//! Registrations that are not verified, with the URL of a server that is: they take turns, and wait after a failure.

use std::time::Duration;

use model::ids::{ServerId, TenantId};
use uuid::Uuid;

use crate::{
    Result, Store, Tx,
    columns::seconds,
    statement::{execute, sql, value},
};

/// The verified server with the URL `$2` that is not `$1`.
const KNOWN: &str = "SELECT id FROM servers WHERE url = $2 AND verified_at IS NOT NULL AND deleted_at IS NULL AND id <> $1";

/// A server whose URL was released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// The server.
    pub server_id: ServerId,
    /// Its name.
    pub server_name: String,
    /// Its tenant.
    pub tenant_id: TenantId,
    /// The name of its tenant.
    pub tenant_name: String,
}

impl Tx {
    /// Makes the verified server with this URL unverified, whosever it is; `None` if there is none. A status that a person
    /// has set stays.
    pub async fn release_server_url(&self, url: &str, reason: &str) -> Result<Option<Released>> {
        let statement = sql(
            "UPDATE servers SET verified_at = NULL,
                status = CASE WHEN status IN ('draining', 'maintenance') THEN status ELSE 'unverified' END,
                status_reason = CASE WHEN status IN ('draining', 'maintenance') THEN status_reason ELSE $2 END
             FROM tenants
             WHERE url = $1 AND verified_at IS NOT NULL AND deleted_at IS NULL AND tenants.id = tenant_id
             RETURNING servers.id, servers.name, tenants.id, tenants.name",
            [url.into(), reason.into()],
        );
        let row: Option<(Uuid, String, Uuid, String)> = value(&self.db, statement).await?;
        Ok(row.map(|(server, server_name, tenant, tenant_name)| Released {
            server_id: server.into(),
            server_name,
            tenant_id: tenant.into(),
            tenant_name,
        }))
    }
}

impl Store {
    /// Takes the right to call the panel at `url` for a server that was not verified there; if another server was, no
    /// other one has that right for `lease`. `Some` is the time to wait.
    pub async fn take_stranger_call(
        &self,
        id: ServerId,
        url: &str,
        lease: Duration,
    ) -> Result<Option<Duration>> {
        let text = format!(
            "WITH known AS ({KNOWN}),
             taken AS (
                UPDATE server_pace SET stranger = $1, stranger_until = clock_timestamp() + $3 * interval '1 second'
                FROM known WHERE server_id = known.id AND (stranger_until <= clock_timestamp() OR stranger = $1)
                RETURNING server_id)
             SELECT greatest(1, extract(epoch FROM stranger_until - clock_timestamp()))::float8
             FROM known JOIN server_pace ON server_id = known.id WHERE NOT EXISTS (SELECT FROM taken)"
        );
        let statement = sql(&text, [id.uuid().into(), url.into(), lease.as_secs_f64().into()]);
        let wait: Option<f64> = value(&self.db, statement).await?;
        Ok(wait.map(seconds))
    }

    /// Withholds that right from all for `pause`, since the panel refused a call of this one.
    pub async fn stranger_refused(&self, id: ServerId, url: &str, pause: Duration) -> Result<()> {
        let text = format!(
            "UPDATE server_pace SET stranger = NULL, stranger_until = clock_timestamp() + $3 * interval '1 second'
             WHERE server_id IN ({KNOWN}) AND stranger = $1"
        );
        let statement = sql(&text, [id.uuid().into(), url.into(), pause.as_secs_f64().into()]);
        execute(&self.db, statement).await?;
        Ok(())
    }
}
