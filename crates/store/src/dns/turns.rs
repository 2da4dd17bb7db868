//! Turns to write to a DNS server: one writer at a time, over all replicas.

use model::ids::DnsServerId;

use crate::{
    Error, Result, Tx,
    statement::{execute, is_there, sql},
    work::claims::{Hold, held_lease},
};

impl Tx {
    /// Waits for the turn to write to a DNS server, which ends with the transaction. Then checks that the claim of
    /// the job behind the write is still valid.
    ///
    /// # Errors
    ///
    /// [`Error::Held`] if other writers keep the turn for ten seconds; [`Error::LeaseLost`].
    pub async fn take_dns_turn(&self, server: DnsServerId, hold: Hold) -> Result<()> {
        execute(&self.db, sql("SET LOCAL lock_timeout = '10s'", [])).await?;
        let turn =
            sql("SELECT FROM dns_servers WHERE id = $1 FOR NO KEY UPDATE", [server.uuid().into()]);
        execute(&self.db, turn).await?;
        // A statement of its own, because the lease can be lost during the wait.
        if is_there(&self.db, held_lease(hold)).await? { Ok(()) } else { Err(Error::LeaseLost) }
    }
}
