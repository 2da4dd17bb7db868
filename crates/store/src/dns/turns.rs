//! Turns to write to a DNS server: one writer at a time, over all replicas.

use model::ids::DnsServerId;

use crate::{
    Error, Result, Tx,
    statement::{execute, is_there, sql},
    work::claims::{Hold, held_lease},
};

impl Tx {
    /// Waits for the turn to write to a DNS server, which ends with the transaction; then makes sure that the claim of
    /// the job behind it still holds.
    ///
    /// # Errors
    ///
    /// [`Error::Held`] where others write for ten seconds; [`Error::LeaseLost`].
    pub async fn take_dns_turn(&self, server: DnsServerId, hold: Hold) -> Result<()> {
        execute(&self.db, sql("SET LOCAL lock_timeout = '10s'", [])).await?;
        let turn =
            sql("SELECT FROM dns_servers WHERE id = $1 FOR NO KEY UPDATE", [server.uuid().into()]);
        execute(&self.db, turn).await?;
        // A statement of its own: waiting takes the time in which a lease is lost.
        if is_there(&self.db, held_lease(hold)).await? { Ok(()) } else { Err(Error::LeaseLost) }
    }
}
