//! The seam to DNS providers: what `dns.apply` needs of one, and which one serves a DNS server's row.
//!
//! PowerDNS stands alone behind it today; Cloudflare is next, which is why it is a trait already.

mod powerdns;

use anyhow::Context;
use async_trait::async_trait;
use model::{
    dns::{DnsServer, DnsServerKind},
    fault::Fault,
    secret::Secret,
};

use crate::zone::{Change, SeenZone};

/// Who made what is ours, in the marks of zones and notes.
pub(crate) const AUTHOR: &str = "praho";

/// One DNS server with the key to it. Zone names are as in [`crate::zone`].
///
/// Every method names the server and the zone in its fault, and says whether a change took place.
#[async_trait]
pub(crate) trait DnsProvider: Send + Sync {
    /// Whether writes of several jobs at once fail, so that each takes its turn.
    fn has_one_writer(&self) -> bool;

    /// The zone as it is; `None` if there is none.
    async fn zone(&self, zone: &str) -> Result<Option<SeenZone>, Fault>;

    /// Makes an empty zone of ours with `ns_names` as its name servers; `false` if it exists already.
    async fn create(&self, zone: &str, ns_names: &[String]) -> Result<bool, Fault>;

    /// Applies all `changes` or none; `false` if there is no such zone.
    async fn change(&self, zone: &str, changes: &[Change]) -> Result<bool, Fault>;

    /// Deletes a zone with everything in it; `false` if there was none.
    async fn delete(&self, zone: &str) -> Result<bool, Fault>;
}

/// What the providers of a process share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Providers {
    powerdns: powerdns::Connections,
}

impl Providers {
    /// Sets up the connections of every provider.
    ///
    /// # Errors
    ///
    /// When no HTTP client can be made.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let powerdns = powerdns::connections().context("the HTTP client cannot be set up")?;
        Ok(Self { powerdns })
    }

    /// The provider of a DNS server. A new one is a file and a line here.
    pub(crate) fn open(&self, server: &DnsServer, key: Secret) -> Box<dyn DnsProvider> {
        match server.kind {
            DnsServerKind::PowerDns => Box::new(powerdns::Client::new(
                self.powerdns.clone(),
                &server.name,
                &server.api_url,
                key,
            )),
        }
    }
}
