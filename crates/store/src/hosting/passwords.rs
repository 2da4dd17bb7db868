//! The sealed passwords of accounts: the current one, the one that a reset is to set, and the one before.

use model::{
    ids::{AccountId, JobId},
    password::{Place, SHOWABLE_FOR, Showing, Source},
};
use sea_orm::FromQueryResult;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Error, Result, Store, Tx,
    columns::word,
    statement::{execute, is_there, one, sql, value},
};

impl Tx {
    /// Stores the current password of a new account, sealed for [`AccountId::password_context`]. A generated one
    /// replaces an earlier generated one, and never a given one.
    pub async fn set_password(
        &self,
        account: AccountId,
        sealed: &[u8],
        source: Source,
    ) -> Result<()> {
        let statement = sql(
            "INSERT INTO account_passwords (account_id, place, sealed, source) VALUES ($1, 'current', $2, $3)
             ON CONFLICT (account_id, place) DO UPDATE
                SET sealed = EXCLUDED.sealed, source = EXCLUDED.source, show_until = NULL, shown_at = NULL
                WHERE account_passwords.source = 'generated' OR EXCLUDED.source = 'given'",
            [account.uuid().into(), sealed.to_vec().into(), source.as_str().into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Stores the password that the reset `job` is to set, in the place of one that an ended reset has left.
    pub async fn set_pending_password(
        &self,
        account: AccountId,
        job: JobId,
        sealed: &[u8],
        source: Source,
    ) -> Result<()> {
        let statement = sql(
            "INSERT INTO account_passwords (account_id, place, sealed, source, job_id) VALUES ($1, 'pending', $2, $3, $4)
             ON CONFLICT (account_id, place) DO UPDATE
                SET sealed = EXCLUDED.sealed, source = EXCLUDED.source, job_id = EXCLUDED.job_id",
            [account.uuid().into(), sealed.to_vec().into(), source.as_str().into(), job.uuid().into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Removes the password that the reset `job` was to set, if it is there.
    pub async fn drop_pending_password(&self, account: AccountId, job: JobId) -> Result<()> {
        let statement = sql(
            "DELETE FROM account_passwords WHERE account_id = $1 AND place = 'pending' AND job_id = $2",
            [account.uuid().into(), job.uuid().into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Makes the pending password of the reset `job` the current one, and the current one the former; `false`, and
    /// nothing changes, if there is no such pending one. A generated one may be shown from now on. The caller has
    /// locked the account.
    pub async fn take_over_password(&self, account: AccountId, job: JobId) -> Result<bool> {
        let pending = sql(
            "SELECT 1 FROM account_passwords WHERE account_id = $1 AND place = 'pending' AND job_id = $2",
            [account.uuid().into(), job.uuid().into()],
        );
        if !is_there(&self.db, pending).await? {
            return Ok(false);
        }
        self.forget_password(account, Place::Former).await?;
        self.move_password(account, Place::Current, Place::Former).await?;
        self.move_password(account, Place::Pending, Place::Current).await?;
        self.let_password_be_shown(account).await?;
        Ok(true)
    }

    /// Makes the password before the reset `job` the current one again, and forgets the one of that reset; `false`, and
    /// nothing changes, if the current one is not of that reset. The caller has locked the account.
    pub async fn give_back_password(&self, account: AccountId, job: JobId) -> Result<bool> {
        let reset = sql(
            "SELECT 1 FROM account_passwords it
             WHERE account_id = $1 AND place = 'current' AND job_id = $2
                AND EXISTS (SELECT FROM account_passwords WHERE account_id = $1 AND place = 'former')",
            [account.uuid().into(), job.uuid().into()],
        );
        if !is_there(&self.db, reset).await? {
            return Ok(false);
        }
        self.forget_password(account, Place::Current).await?;
        self.move_password(account, Place::Former, Place::Current).await?;
        Ok(true)
    }

    /// Lets the current password be shown for [`SHOWABLE_FOR`] from now on, if it is a generated one.
    pub async fn let_password_be_shown(&self, account: AccountId) -> Result<()> {
        let statement = sql(
            "UPDATE account_passwords SET show_until = now() + make_interval(secs => $2), shown_at = NULL
             WHERE account_id = $1 AND place = 'current' AND source = 'generated'",
            [account.uuid().into(), SHOWABLE_FOR.as_secs_f64().into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Takes the right to show the current password, and returns it sealed. Of any number of callers, one gets it, and no
    /// later one. `None` if it may not be shown; [`Store::password_showing`] tells why.
    pub async fn show_password(&self, account: AccountId) -> Result<Option<Vec<u8>>> {
        let statement = sql(
            "UPDATE account_passwords SET shown_at = now()
             WHERE account_id = $1 AND place = 'current' AND source = 'generated' AND shown_at IS NULL
                AND show_until > now()
             RETURNING sealed",
            [account.uuid().into()],
        );
        value(&self.db, statement).await
    }

    /// Removes all passwords of an account that has ended for good.
    pub async fn forget_passwords(&self, account: AccountId) -> Result<()> {
        let statement =
            sql("DELETE FROM account_passwords WHERE account_id = $1", [account.uuid().into()]);
        execute(&self.db, statement).await?;
        Ok(())
    }

    async fn forget_password(&self, account: AccountId, place: Place) -> Result<()> {
        let statement = sql(
            "DELETE FROM account_passwords WHERE account_id = $1 AND place = $2",
            [account.uuid().into(), place.as_str().into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    async fn move_password(&self, account: AccountId, from: Place, to: Place) -> Result<()> {
        let statement = sql(
            "UPDATE account_passwords SET place = $3 WHERE account_id = $1 AND place = $2",
            [account.uuid().into(), from.as_str().into(), to.as_str().into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }
}

impl Store {
    /// One of an account's passwords, sealed; `None` if the account does not exist or has no such password.
    pub async fn sealed_password(
        &self,
        account: AccountId,
        place: Place,
    ) -> Result<Option<Vec<u8>>> {
        let statement = sql(
            "SELECT sealed FROM account_passwords WHERE account_id = $1 AND place = $2",
            [account.uuid().into(), place.as_str().into()],
        );
        value(&self.db, statement).await
    }

    /// The reset that set or is to set one of an account's passwords; `None` if there is no such password, or no reset
    /// set it.
    pub async fn reset_of_password(
        &self,
        account: AccountId,
        place: Place,
    ) -> Result<Option<JobId>> {
        let statement = sql(
            "SELECT job_id FROM account_passwords WHERE account_id = $1 AND place = $2",
            [account.uuid().into(), place.as_str().into()],
        );
        let job: Option<Option<Uuid>> = value(&self.db, statement).await?;
        Ok(job.flatten().map(JobId::from))
    }

    /// What decides whether an account's current password may be shown; `None` if it has none.
    pub async fn password_showing(&self, account: AccountId) -> Result<Option<Showing>> {
        let statement = sql(
            "SELECT source, show_until, shown_at FROM account_passwords
             WHERE account_id = $1 AND place = 'current'",
            [account.uuid().into()],
        );
        one::<ShowingRow, _>(&self.db, statement).await
    }
}

#[derive(FromQueryResult)]
struct ShowingRow {
    source: String,
    show_until: Option<OffsetDateTime>,
    shown_at: Option<OffsetDateTime>,
}

impl TryFrom<ShowingRow> for Showing {
    type Error = Error;

    fn try_from(row: ShowingRow) -> Result<Self> {
        Ok(Self {
            source: word("source", row.source)?,
            until: row.show_until,
            shown_at: row.shown_at,
        })
    }
}
