//! What every service with a key ring does about its keys: compares them with those in use at its start, tells which it has,
//! and seals values anew while a rotation is open.

pub mod parts;
mod reseal;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::bail;
use chassis::{Shutdown, health::Health, seal::Keyring};
use model::keys::{Key, Ring};
use store::Store;
use tokio::time::{MissedTickBehavior, interval, timeout};
use uuid::Uuid;

pub use parts::Part;

/// How often a process tells its ring.
const BEAT: Duration = Duration::from_secs(30);
/// For how long a ring counts after it was told: some beats may be late.
pub const ALIVE: Duration = Duration::from_secs(120);
/// How often a process looks whether a rotation is open.
const LOOK: Duration = Duration::from_secs(3);
/// How long a process that stops may take to say so.
const FAREWELL: Duration = Duration::from_secs(2);

/// Keeps the keys of one process.
#[derive(Clone)]
pub struct Keeper {
    part: Part,
    store: Store,
    keyring: Arc<Keyring>,
    /// This run of the process.
    instance: Uuid,
    /// Why the keys in use were not compared with the ring yet.
    unchecked: Arc<Mutex<Option<String>>>,
}

impl Keeper {
    /// Compares the keys in use with the ring, and adds the check `keys` to the service's readiness. While the database does not
    /// answer, the service is not ready, and [`Keeper::run`] compares them later.
    ///
    /// # Errors
    /// A key in use that is not in the ring.
    pub async fn start(
        part: Part,
        store: &Store,
        keyring: &Arc<Keyring>,
        health: &Health,
    ) -> anyhow::Result<Self> {
        let keeper = Self {
            part,
            store: store.clone(),
            keyring: keyring.clone(),
            instance: Uuid::now_v7(),
            unchecked: Arc::new(Mutex::new(Some("not compared with the database yet".to_owned()))),
        };
        let unchecked = keeper.unchecked.clone();
        health.check("keys", move || {
            let unchecked = unchecked.clone();
            async move {
                unchecked.lock().unwrap_or_else(PoisonError::into_inner).clone().map_or(Ok(()), Err)
            }
        });
        keeper.check().await?;
        if keeper.unchecked().is_none() {
            // Known before it seals anything.
            keeper.beat().await;
        }
        Ok(keeper)
    }

    /// Tells the ring and seals values anew when a rotation asks for it, until a stop is requested.
    ///
    /// # Errors
    /// A key in use that is not in the ring, if the database did not answer at the start.
    pub async fn run(self, shutdown: Shutdown) -> anyhow::Result<()> {
        // Beside each other: a long look must not make the ring seem dead.
        tokio::try_join!(self.tell(&shutdown), self.look_again_and_again(&shutdown)).map(drop)
    }

    /// Compares the keys in use with the ring, unless that was done.
    async fn check(&self) -> anyhow::Result<()> {
        if self.unchecked().is_none() {
            return Ok(());
        }
        let problem = match self.missing().await {
            Ok(None) => None,
            Ok(Some(missing)) => bail!(missing),
            Err(error) => Some(format!("not compared with the database yet: {error}")),
        };
        *self.unchecked.lock().unwrap_or_else(PoisonError::into_inner) = problem;
        Ok(())
    }

    fn unchecked(&self) -> Option<String> {
        self.unchecked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is wrong with the ring: the first key in use that it does not have, and the remedy.
    async fn missing(&self) -> store::Result<Option<String>> {
        for &column in self.part.opens {
            for id in self.store.keys_in_use(column).await? {
                if id.is_empty() || self.keyring.has(&id) {
                    continue;
                }
                let meaning = column.meaning();
                if self.keyring.is_lost(&id) {
                    tracing::warn!(key = id, "{meaning} are sealed with a lost key: set them anew");
                    continue;
                }
                return Ok(Some(format!(
                    "secrets: {meaning} are sealed with the key {id}, which is not among the keys: take it into the key file, \
                     behind the first, and keep it there until `praho keys list` calls it droppable, after `praho keys rotate`. If \
                     nobody has it any more, name it in secrets.lost_keys, and set those values anew"
                )));
            }
        }
        Ok(None)
    }

    async fn beat(&self) {
        let keys = self.keyring.marks().map(|(id, mark)| Key { id: id.to_owned(), mark });
        let ring = Ring { service: self.part.service.to_owned(), keys: keys.collect() };
        if let Err(error) = self.store.tell_key_ring(self.instance, &ring).await {
            tracing::warn!(%error, "the key ring was not told");
        }
    }

    async fn tell(&self, shutdown: &Shutdown) -> anyhow::Result<()> {
        let mut beats = interval(BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = beats.tick() => {}
                () = shutdown.requested() => break,
            }
            self.beat().await;
        }
        let farewell = self.store.forget_key_ring(self.part.service, self.instance);
        if !matches!(timeout(FAREWELL, farewell).await, Ok(Ok(()))) {
            tracing::info!(
                "the key ring counts for two more minutes: the database did not hear of the stop"
            );
        }
        Ok(())
    }

    async fn look_again_and_again(&self, shutdown: &Shutdown) -> anyhow::Result<()> {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = looks.tick() => self.check().await?,
                () = shutdown.requested() => return Ok(()),
            }
            tokio::select! {
                looked = self.look() => {
                    if let Err(error) = looked {
                        tracing::warn!(%error, "values were not sealed anew; the next look goes on");
                    }
                }
                // A batch under way is rolled back.
                () = shutdown.requested() => return Ok(()),
            }
        }
    }
}
