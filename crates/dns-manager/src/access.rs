//! The way to a DNS server: where it is, the key to it, and the turn to write to it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chassis::seal::Keyring;
use model::{dns::DnsServer, fault::Fault, ids::DnsServerId, job::Job, secret::Secret};
use store::{Store, Tx, claims::Hold};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    config::VerifySettings,
    provider::{DnsProvider, Providers},
};

/// What every step needs to reach DNS servers. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) store: Store,
    keyring: Arc<Keyring>,
    providers: Providers,
    pub(crate) verify: VerifySettings,
    /// Where the writers of this process wait for their turns, so that one of them at a time, for each DNS server,
    /// waits in the database.
    turns: Arc<Mutex<HashMap<DnsServerId, Arc<Semaphore>>>>,
}

/// The turn to write to a DNS server whose provider has one writer: one for each server, over all replicas.
#[must_use]
pub(crate) struct Turn {
    // It ends when this is rolled back, on drop, and a moment before the next of this process may ask.
    _database: Tx,
    _process: OwnedSemaphorePermit,
}

impl Access {
    pub(crate) fn new(
        store: Store,
        keyring: Arc<Keyring>,
        providers: Providers,
        verify: VerifySettings,
    ) -> Self {
        Self { store, keyring, providers, verify, turns: Arc::default() }
    }

    /// The server and its provider. The key is read anew, so that a changed one counts at once.
    pub(crate) async fn open(
        &self,
        id: DnsServerId,
    ) -> Result<(DnsServer, Box<dyn DnsProvider>), Fault> {
        let access = self.store.dns_access(id).await?;
        let access = access.ok_or_else(|| Fault::not_found("DNS server", id))?;
        let server = access.server;
        let key = self.keyring.open(&id.api_key_context(), &access.sealed_api_key).map_err(
            |problem| {
                Fault::internal(format!("the API key of DNS server {}: {problem}", server.name))
            },
        )?;
        let key = String::from_utf8(key.to_vec()).map_err(|_| {
            Fault::internal(format!("the API key of DNS server {} is not text", server.name))
        })?;
        let provider = self.providers.open(&server, Secret::from(key));
        Ok((server, provider))
    }

    /// Waits for the turn to write to a DNS server; `None` where its provider takes several writers at once. A change must
    /// be decided within the turn.
    ///
    /// # Errors
    /// `Busy`, and nothing was done: others write for too long, or the job is in other hands.
    pub(crate) async fn turn(
        &self,
        provider: &dyn DnsProvider,
        server: DnsServerId,
        job: &Job,
    ) -> Result<Option<Turn>, Fault> {
        if !provider.has_one_writer() {
            return Ok(None);
        }
        let turns = Arc::clone(
            self.turns
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(server)
                .or_insert_with(|| Arc::new(Semaphore::new(1))),
        );
        let process = turns.acquire_owned().await.map_err(Fault::internal)?;
        let database = self.store.begin().await?;
        database.take_dns_turn(server, Hold { job: job.id, epoch: job.epoch }).await?;
        Ok(Some(Turn { _database: database, _process: process }))
    }
}
