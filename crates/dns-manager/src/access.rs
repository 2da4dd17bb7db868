//! The way to a DNS server: where it is, the key to it, and the fence before each change.

use std::sync::Arc;

use chassis::seal::Keyring;
use model::{
    dns::DnsServer,
    fault::{Fault, FaultKind},
    ids::DnsServerId,
    job::Job,
    secret::Secret,
};
use store::Store;

use crate::powerdns::Client;

/// What every step needs to reach DNS servers. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) store: Store,
    keyring: Arc<Keyring>,
    connections: reqwest::Client,
}

impl Access {
    pub(crate) fn new(store: Store, keyring: Arc<Keyring>, connections: reqwest::Client) -> Self {
        Self { store, keyring, connections }
    }

    /// The server and a client of its API. The key is read anew, so that a changed one counts at once.
    pub(crate) async fn open(&self, id: DnsServerId) -> Result<(DnsServer, Client), Fault> {
        let access = self.store.dns_access(id).await?;
        let access = access.ok_or_else(|| Fault::not_found("DNS server", id))?;
        let server = access.server;
        let context = format!("dns-server/{id}/api-key");
        let key = self.keyring.open(&context, &access.sealed_api_key).map_err(|problem| {
            Fault::internal(format!("the API key of DNS server {}: {problem}", server.name))
        })?;
        let key = String::from_utf8(key.to_vec()).map_err(|_| {
            Fault::internal(format!("the API key of DNS server {} is not text", server.name))
        })?;
        let connections = self.connections.clone();
        let client = Client::new(connections, &server.name, &server.api_url, Secret::from(key));
        Ok((server, client))
    }

    /// Refuses to go on for a worker that lost the job, just before it would change something.
    pub(crate) async fn fence(&self, job: &Job) -> Result<(), Fault> {
        match self.store.holds_lease(job.id, job.epoch).await? {
            true => Ok(()),
            false => Err(Fault::new(FaultKind::Busy, "the job is in other hands")),
        }
    }
}
