//! Access to DNS servers: the server's row, its provider, and the turn to write.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chassis::seal::Keyring;
use model::{dns::DnsServer, fault::Fault, ids::DnsServerId, job::Job, secret::Secret};
use store::{Store, Tx, claims::Hold};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    provider::{DnsProvider, registry::Providers},
    verify::Verifier,
};

/// What the steps of a workflow share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) store: Store,
    keyring: Arc<Keyring>,
    providers: Providers,
    pub(crate) verifier: Verifier,
    /// One permit for each DNS server, so that of this process's writers to a server only one waits in the database.
    turns: Arc<Mutex<HashMap<DnsServerId, Arc<Semaphore>>>>,
}

/// The turn to write to a DNS server with one writer. Only one writer of all replicas has it at a time.
#[must_use]
pub(crate) struct Turn {
    // Fields are dropped in this order: the row lock ends before the next writer of this process may ask for it.
    _row_lock: Tx,
    _permit: OwnedSemaphorePermit,
}

impl Access {
    pub(crate) fn new(
        store: Store,
        keyring: Arc<Keyring>,
        providers: Providers,
        verifier: Verifier,
    ) -> Self {
        Self { store, keyring, providers, verifier, turns: Arc::default() }
    }

    /// The server and its provider. The key is read again each time, so that a changed key takes effect at once.
    ///
    /// # Errors
    ///
    /// If the server does not exist, or its key cannot be opened.
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

    /// Waits for the turn to write to a DNS server; `None` if its provider takes several writers. A change must be
    /// decided within the turn, because the zone may still change before it.
    ///
    /// # Errors
    ///
    /// `Busy` if other writers take too long, or if another replica has the job. Nothing was written.
    pub(crate) async fn turn(
        &self,
        provider: &dyn DnsProvider,
        server: DnsServerId,
        job: &Job,
    ) -> Result<Option<Turn>, Fault> {
        if !provider.has_one_writer() {
            return Ok(None);
        }
        let permits = Arc::clone(
            self.turns
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(server)
                .or_insert_with(|| Arc::new(Semaphore::new(1))),
        );
        let permit = permits.acquire_owned().await.map_err(Fault::internal)?;
        let row_lock = self.store.begin().await?;
        row_lock.take_dns_turn(server, Hold { job: job.id, epoch: job.epoch }).await?;
        Ok(Some(Turn { _row_lock: row_lock, _permit: permit }))
    }
}
