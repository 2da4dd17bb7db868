//! The interface to DNS providers, with the calls that `dns.apply` needs.
//!
//! It is a trait although PowerDNS is its only implementation today, because Cloudflare is the next one.

mod powerdns;
pub mod registry;

use async_trait::async_trait;
use model::fault::Fault;

use crate::{
    apex::Apex,
    zone::{Change, SeenZone},
};

/// One DNS server and the key to it. Zone names are as in [`crate::zone`].
///
/// A fault of any method names the server and the zone, and says whether the zone was changed.
#[async_trait]
pub trait DnsProvider: Send + Sync {
    /// Whether the server takes one write at a time, so that each writer must wait for its turn.
    fn has_one_writer(&self) -> bool;

    /// The present zone; `None` if there is no such zone.
    async fn zone(&self, zone: &str) -> Result<Option<SeenZone>, Fault>;

    /// Creates a zone with our mark that holds nothing but its apex; `false` if the zone exists.
    async fn create(&self, zone: &str, apex: &Apex) -> Result<bool, Fault>;

    /// Applies all `changes` or none of them; `false` if there is no such zone.
    async fn change(&self, zone: &str, changes: &[Change]) -> Result<bool, Fault>;

    /// Makes the secondary name servers of a zone those of the DNS server's row.
    async fn set_secondaries(&self, zone: &str) -> Result<(), Fault>;

    /// Notifies the secondary name servers, if there are any, of a change (RFC 1996).
    async fn notify(&self, zone: &str) -> Result<(), Fault>;

    /// Deletes a zone with all its record sets; `false` if there is no such zone.
    async fn delete(&self, zone: &str) -> Result<bool, Fault>;
}
