//! Registrations that are not verified, with the URL of a server that is: they take turns, and wait after a failure.

use std::time::Duration;

use model::ids::ServerId;

use crate::{
    Result, Store,
    columns::seconds,
    statement::{execute, sql, value},
};

/// The verified server with the URL `$2` that is not `$1`.
const KNOWN: &str = "SELECT id FROM servers WHERE url = $2 AND verified_at IS NOT NULL AND deleted_at IS NULL AND id <> $1";

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
