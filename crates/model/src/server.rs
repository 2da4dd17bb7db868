//! Hosts: replaceable, each with room for a number of accounts.

use std::{collections::BTreeSet, net::IpAddr};

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};

use crate::{
    domain::DomainName,
    ids::{ServerId, TenantId},
    job::{JobKind, Order},
    words,
};

/// A host, without its credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its id.
    pub id: ServerId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Its name, unique for the tenant.
    pub name: String,
    /// What runs on it.
    pub kind: ServerKind,
    /// Where Webmin listens, such as `https://vm1.example.net:10000`; `None` as long as it has no panel.
    pub url: Option<String>,
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
    /// The panel's version, as the host said when last asked.
    pub version: Option<String>,
    /// The panel programs that the host has, of those that the gateway can call, as the host said when last asked.
    pub programs: BTreeSet<String>,
    /// Whether it keeps quotas, as the host said when last asked; `None`: not known yet.
    pub keeps_quotas: Option<bool>,
    /// Why it is not active, where that is so.
    pub status_reason: Option<String>,
}

/// What runs on a server, and so how it is talked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ServerKind {
    /// Webmin with Virtualmin.
    Virtualmin,
    /// An operating system and no panel yet.
    Bare,
    /// A Frappe bench, which serves `ERPNext` sites.
    Bench,
}

impl ServerKind {
    /// Every kind.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
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

/// Ask a server who it is, and open it for accounts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VerifyServer {
    /// The server.
    pub server_id: ServerId,
}

impl Order for VerifyServer {
    const KIND: JobKind = JobKind::ServerVerify;
    fn target(&self) -> String {
        self.server_id.target()
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
        self.server_id.target()
    }
}
