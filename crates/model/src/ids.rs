//! Identifiers as types, so that an account's id cannot be passed for a server's.

use std::{cmp::Ordering, fmt, hash, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use uuid::Uuid;

/// A `UUIDv7` of one `K`: sortable by creation, and safe from guessing in a URL.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

/// The kinds of objects that have an [`Id`].
pub mod kind {
    /// A kind of object, with its word in targets.
    pub trait Kind {
        /// The stable word, as in `account/0190…`.
        const NAME: &'static str;
    }

    /// A hosting company that uses the platform.
    pub enum Tenant {}
    impl Kind for Tenant {
        const NAME: &'static str = "tenant";
    }

    /// A bearer token of a tenant.
    pub enum ApiToken {}
    impl Kind for ApiToken {
        const NAME: &'static str = "token";
    }

    /// A user of the broker whose commands count.
    pub enum Publisher {}
    impl Kind for Publisher {
        const NAME: &'static str = "publisher";
    }

    /// A set of terms for sale.
    pub enum Plan {}
    impl Kind for Plan {
        const NAME: &'static str = "plan";
    }

    /// A host.
    pub enum Server {}
    impl Kind for Server {
        const NAME: &'static str = "server";
    }

    /// A plan sold to a customer, known to billing.
    pub enum Service {}
    impl Kind for Service {
        const NAME: &'static str = "service";
    }

    /// A virtual server for a service.
    pub enum Account {}
    impl Kind for Account {
        const NAME: &'static str = "account";
    }

    /// One run of a workflow.
    pub enum Job {}
    impl Kind for Job {
        const NAME: &'static str = "job";
    }

    /// A DNS server that we write to.
    pub enum DnsServer {}
    impl Kind for DnsServer {
        const NAME: &'static str = "dns-server";
    }

    /// A DNS zone.
    pub enum Zone {}
    impl Kind for Zone {
        const NAME: &'static str = "zone";
    }

    /// A finding of drift.
    pub enum Finding {}
    impl Kind for Finding {
        const NAME: &'static str = "finding";
    }

    /// A failed job or an unusable message.
    pub enum DeadLetter {}
    impl Kind for DeadLetter {
        const NAME: &'static str = "dead-letter";
    }
}

/// The id of a tenant.
pub type TenantId = Id<kind::Tenant>;
/// The id of an API token (not the token itself).
pub type ApiTokenId = Id<kind::ApiToken>;
/// The id of a publisher.
pub type PublisherId = Id<kind::Publisher>;
/// The id of a plan.
pub type PlanId = Id<kind::Plan>;
/// The id of a server.
pub type ServerId = Id<kind::Server>;
/// The id of a service.
pub type ServiceId = Id<kind::Service>;
/// The id of an account.
pub type AccountId = Id<kind::Account>;
/// The id of a job.
pub type JobId = Id<kind::Job>;
/// The id of a DNS server.
pub type DnsServerId = Id<kind::DnsServer>;
/// The id of a zone.
pub type ZoneId = Id<kind::Zone>;
/// The id of a finding of drift.
pub type FindingId = Id<kind::Finding>;
/// The id of a dead letter.
pub type DeadLetterId = Id<kind::DeadLetter>;

/// The error of a text that is not a UUID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a UUID: give an id as returned by the API, such as 0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f"
)]
pub struct InvalidId;

impl<K> Id<K> {
    /// A new id, later than all earlier ones (to the millisecond).
    pub fn generate() -> Self {
        Uuid::now_v7().into()
    }

    /// The time of creation, to the millisecond, which the id itself contains (RFC 9562 section 5.7).
    pub fn created_at(self) -> OffsetDateTime {
        let nanos = self.0.get_timestamp().map_or(0, |it| {
            let (seconds, nanos) = it.to_unix();
            i128::from(seconds) * 1_000_000_000 + i128::from(nanos)
        });
        OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// The bare UUID, for storage.
    pub fn uuid(self) -> Uuid {
        self.0
    }
}

impl<K: kind::Kind> Id<K> {
    /// The target in jobs and audit rows, such as `account/0190…`. This is the only place that spells it:
    /// with a misspelling, two jobs would run on one target at the same time.
    pub fn target(self) -> String {
        format!("{}/{self}", K::NAME)
    }
}

impl AccountId {
    /// The context in which an account's passwords are sealed. All of them share it, since the one that a reset sets
    /// becomes the current one by a change of its row.
    pub fn password_context(self) -> String {
        format!("{}/password", self.target())
    }
}

impl ServerId {
    /// The context in which the user name of a server's panel is sealed.
    pub fn username_context(self) -> String {
        format!("{}/username", self.target())
    }

    /// The context in which the password of a server's panel is sealed.
    pub fn password_context(self) -> String {
        format!("{}/password", self.target())
    }

    /// The context in which the private key for a server's shell is sealed.
    pub fn shell_key_context(self) -> String {
        format!("{}/shell-key", self.target())
    }

    /// The resource that a job holds while it changes a server.
    pub fn mutation_slot(self) -> String {
        format!("{}/mutation", self.target())
    }
}

impl DnsServerId {
    /// The context in which a DNS server's API key is sealed.
    pub fn api_key_context(self) -> String {
        format!("{}/api-key", self.target())
    }

    /// The resource that a job holds a unit of while it works on a zone of a DNS server.
    pub fn zone_slot(self) -> String {
        format!("{}/zone", self.target())
    }
}

impl<K> From<Uuid> for Id<K> {
    fn from(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }
}

impl<K> FromStr for Id<K> {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        text.parse::<Uuid>().map(Self::from).map_err(|_| InvalidId)
    }
}

// Written by hand: a derive would require the same traits of `K`, which is only a name.
impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> hash::Hash for Id<K> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Uuid::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_prints() {
        let id = AccountId::generate();
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn targets_and_contexts_are_spelled_as_stored_rows_have_them() {
        let text = "0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f";
        let (account, server) = (text.parse::<AccountId>(), text.parse::<ServerId>());
        let (account, server) = (account.unwrap(), server.unwrap());
        assert_eq!(account.target(), format!("account/{text}"));
        assert_eq!(account.password_context(), format!("account/{text}/password"));
        assert_eq!(server.username_context(), format!("server/{text}/username"));
        assert_eq!(server.password_context(), format!("server/{text}/password"));
        assert_eq!(server.shell_key_context(), format!("server/{text}/shell-key"));
        assert_eq!(server.mutation_slot(), format!("server/{text}/mutation"));
        let dns_server: DnsServerId = text.parse().unwrap();
        assert_eq!(dns_server.api_key_context(), format!("dns-server/{text}/api-key"));
        assert_eq!(dns_server.zone_slot(), format!("dns-server/{text}/zone"));
    }

    #[test]
    fn refuses_what_is_not_a_uuid() {
        assert_eq!("42".parse::<AccountId>(), Err(InvalidId));
    }
}
