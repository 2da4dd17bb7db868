//! Seals values anew, batch by batch.

use std::time::Duration;

use model::keys::SealedColumn;
use store::Result;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use crate::Keeper;

/// The most values of one transaction, so that it holds its locks for some milliseconds only.
const BATCH: u32 = 100;
/// The least time from one batch to the next, which leaves the database to others.
const PAUSE: Duration = Duration::from_millis(20);

impl Keeper {
    /// Seals anew all values of this service's columns, if a rotation to its first key is open. Any number of processes may do so
    /// at the same time; what is left after a crash, the next look takes.
    ///
    /// # Errors
    /// If the database does not answer. What was committed before stays.
    pub async fn look(&self) -> Result<()> {
        if self.part.reseals.is_empty() {
            return Ok(());
        }
        let Some(wanted) = self.store.wanted_key().await? else { return Ok(()) };
        if self.keyring.first_id() != wanted {
            return Ok(());
        }
        for &column in self.part.reseals {
            for old in self.store.keys_in_use(column).await? {
                if old != wanted && self.may_judge(&old) {
                    self.reseal(column, &old, &wanted).await?;
                }
            }
        }
        Ok(())
    }

    /// Whether a value under this key that does not open here opens nowhere. Another process may have a key that this one lacks.
    fn may_judge(&self, key_id: &str) -> bool {
        key_id.is_empty() || self.keyring.has(key_id) || self.keyring.is_lost(key_id)
    }

    /// Goes through the values under the key `old`.
    async fn reseal(&self, column: SealedColumn, old: &str, wanted: &str) -> Result<()> {
        let mut pace = interval(PAUSE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut after = Uuid::nil();
        loop {
            pace.tick().await;
            match self.batch(column, old, wanted, after).await? {
                Some(last) => after = last,
                // The end. What other processes had locked on the way, or what came before, the next look takes.
                None => return Ok(()),
            }
        }
    }

    /// Seals the next values anew, and returns the last of their rows; `None` if there are none.
    async fn batch(
        &self,
        column: SealedColumn,
        old: &str,
        wanted: &str,
        after: Uuid,
    ) -> Result<Option<Uuid>> {
        let tx = self.store.begin().await?;
        let values = tx.lock_sealed_values(column, old, after, BATCH).await?;
        let Some(last) = values.last().map(|it| it.row) else { return Ok(None) };
        let (mut resealed, mut unopened, mut problems) = (Vec::new(), Vec::new(), Vec::new());
        for mut value in values {
            let context = column.context(value.row);
            match self.keyring.open(&context, &value.sealed) {
                Ok(plain) => {
                    value.sealed = self.keyring.seal(&context, &plain);
                    resealed.push(value);
                }
                Err(problem) => {
                    problems.push((value.row, value.place.clone(), problem));
                    unopened.push(value);
                }
            }
        }
        let count = resealed.len();
        tx.set_sealed_values(column, resealed).await?;
        tx.pass_over_sealed_values(column, old, &unopened).await?;
        tx.count_resealed(wanted, count).await?;
        tx.commit().await?;
        for (row, place, problem) in problems {
            let column = column.as_str();
            tracing::error!(column, %row, place, %problem, "a sealed value does not open, so it keeps its key: set it anew");
        }
        Ok(Some(last))
    }
}
