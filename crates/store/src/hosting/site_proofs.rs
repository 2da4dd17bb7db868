//! The proofs that the websites of accounts are served.

use model::{ids::AccountId, site::SiteProof};

use crate::{
    Error, Result, Tx,
    columns::document,
    statement::{execute, sql},
};

impl Tx {
    /// Stores the proof, of this moment, that an account's website is served; `None` removes it.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`] if the account does not exist.
    pub async fn set_site_proof(&self, id: AccountId, proof: Option<&SiteProof>) -> Result<()> {
        let document = proof.map(|proof| document("site_proof", proof)).transpose()?;
        let statement = sql(
            "UPDATE accounts SET site_proof = $2, site_proved_at = CASE WHEN $2::jsonb IS NOT NULL THEN now() END
                WHERE id = $1",
            [id.uuid().into(), document.into()],
        );
        match execute(&self.db, statement).await? {
            1 => Ok(()),
            _ => Err(Error::Internal(format!("there is no account {id}"))),
        }
    }
}
