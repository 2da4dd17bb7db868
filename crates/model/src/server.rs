//! Virtualmin hosts: replaceable, each with room for so many accounts.

use std::{collections::BTreeSet, net::IpAddr};

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};

use crate::{
    domain::DomainName,
    ids::{ServerId, TenantId},
    job::{JobKind, Order},
    words,
};

/// A Virtualmin host, without its credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its id.
    pub id: ServerId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Its name, unique for the tenant.
    pub name: String,
    /// Where Webmin listens, such as `https://vm1.example.net:10000`.
    pub url: String,
    /// How its certificate is trusted.
    pub trust: Trust,
    /// The addresses that its sites answer at; the first of each family goes to DNS.
    pub addresses: Vec<IpAddr>,
    /// How many accounts it may carry at all.
    pub capacity: u32,
    /// How many it carries or has reserved.
    pub accounts: u32,
    /// What it is good for.
    pub tags: BTreeSet<String>,
    /// Whether it takes accounts.
    pub status: ServerStatus,
    /// How many reading calls a second it takes, over all our processes.
    pub reads_per_second: u32,
    /// How many changing calls at a time it takes, over all our processes. One, unless you know better:
    /// Virtualmin has lost data under parallel writes.
    pub mutation_slots: u32,
    /// What it said about itself when last asked.
    pub version: Option<String>,
    /// Why it is not active, where that is so.
    pub status_reason: Option<String>,
}

/// How a server's certificate is trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// An authority of the operating system signed it.
    SystemAuthorities,
    /// It is exactly the one with this SHA-256 over its DER form, in lower-case hexadecimal.
    Sha256Pin(String),
}

/// Whether a server takes accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ServerStatus {
    /// Registered; no call has succeeded yet.
    Unverified,
    /// Takes accounts.
    Active,
    /// Keeps what it has, takes no more.
    Draining,
    /// Left alone by a person's wish.
    Maintenance,
    /// Some checks fail.
    Degraded,
    /// Does not answer.
    Unavailable,
}

impl ServerStatus {
    /// Every status.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The resource that a job holds while it changes a server.
pub fn mutation_slot(server: ServerId) -> String {
    format!("server/{server}/mutation")
}

/// Ask a server who it is, and open it for accounts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VerifyServer {
    /// The server.
    pub server_id: ServerId,
}

impl Order for VerifyServer {
    const KIND: JobKind = JobKind::ServerVerify;
    fn target(&self) -> String {
        format!("server/{}", self.server_id)
    }
}

/// Switch off a virtual server that no account claims. Nothing of it is removed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QuarantineDomain {
    /// The server that it is on.
    pub server_id: ServerId,
    /// Its domain.
    pub domain: DomainName,
}

impl Order for QuarantineDomain {
    const KIND: JobKind = JobKind::DomainQuarantine;
    fn target(&self) -> String {
        format!("server/{}", self.server_id)
    }
}
