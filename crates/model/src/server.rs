//! Hosts: replaceable, each with capacity for a number of accounts.

use std::{collections::BTreeSet, net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};
use time::OffsetDateTime;

use crate::{
    domain::DomainName,
    fault::{Effect, Fault},
    ids::{ServerId, TenantId},
    job::{JobKind, Order},
    shell::Shell,
    words,
};

/// A host, without its credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The id of the server.
    pub id: ServerId,
    /// The tenant that owns the server.
    pub tenant_id: TenantId,
    /// The name, unique for the tenant.
    pub name: String,
    /// The software on the server, which decides how we talk to it.
    pub kind: ServerKind,
    /// The URL of Webmin, such as `https://vm1.example.net:10000`; `None` for a server without a panel.
    pub url: Option<String>,
    /// The way to verify its certificate.
    pub trust: Trust,
    /// The addresses of its sites; the first of each family goes to DNS.
    pub addresses: Vec<IpAddr>,
    /// The most accounts that the server may have.
    pub capacity: u32,
    /// The number of accounts on the server, reserved places included.
    pub accounts: u32,
    /// The tags, for plans that require some.
    pub tags: BTreeSet<String>,
    /// Whether the server takes accounts.
    pub status: ServerStatus,
    /// The most reading calls a second, over all our processes; `None` for the pace that the gateway's settings give.
    pub reads_per_second: Option<u32>,
    /// The most changing calls at a time, over all our processes. Leave it at one unless you are sure:
    /// Virtualmin has lost data under parallel writes.
    pub mutation_slots: u32,
    /// The panel's version at the last check.
    pub version: Option<String>,
    /// The programs of the host, at the last check, that the gateway can call.
    pub programs: BTreeSet<String>,
    /// The features that are switched on in the host's panel, at the last check, by Virtualmin's names; `None` if
    /// that is not known.
    pub features: Option<BTreeSet<String>>,
    /// The versions of PHP that its sites can run, at the last check; `None` if that is not known.
    pub php_versions: Option<BTreeSet<String>>,
    /// Whether the host keeps quotas, at the last check; `None` while no virtual server shows it.
    pub keeps_quotas: Option<bool>,
    /// Whether accounts with a limit on disk space are placed here while the host keeps no quotas.
    pub without_quotas: WithoutQuotas,
    /// Whether its credentials were good when they were last tried at its present URL.
    pub verified: bool,
    /// The reason why the server is not active, if there is one.
    pub status_reason: Option<String>,
    /// Why the server is out of service; `None` while it is not.
    pub fault: Option<ServerFault>,
    /// The way to its shell; `None` if it has none.
    pub shell: Option<Shell>,
}

impl Server {
    /// The addresses that DNS names for its sites: the first of each family.
    pub fn published_addresses(&self) -> impl Iterator<Item = IpAddr> {
        let first = |is_v4: bool| self.addresses.iter().find(move |it| it.is_ipv4() == is_v4);
        first(true).into_iter().chain(first(false)).copied()
    }
}

impl Server {
    /// The server with another URL than the one that was verified. A status that its answers gave is void, and one that a
    /// person set stays.
    pub fn unverified(self) -> Self {
        use ServerStatus::{Active, Degraded, Draining, Maintenance, Unavailable, Unverified};
        let status = match self.status {
            Active | Degraded | Unavailable => Unverified,
            kept @ (Unverified | Draining | Maintenance) => kept,
        };
        Self { verified: false, status, ..self }
    }
}

/// So many calls in each window of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The number of calls.
    pub calls: u32,
    /// The window.
    pub window: Duration,
}

/// What a host says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFacts {
    /// The panel's version.
    pub version: String,
    /// The programs of the host that the gateway can call.
    pub programs: BTreeSet<String>,
    /// The features that are switched on in its panel, by Virtualmin's names; `None` if it cannot tell.
    pub features: Option<BTreeSet<String>>,
    /// The versions of PHP that its sites can run; `None` if it cannot tell.
    pub php_versions: Option<BTreeSet<String>>,
    /// Whether it keeps quotas; `None` if no virtual server shows it.
    pub keeps_quotas: Option<bool>,
}

impl Server {
    /// The server with newer facts of its host.
    pub fn with_facts(self, facts: HostFacts) -> Self {
        let HostFacts { version, programs, features, php_versions, keeps_quotas } = facts;
        Self { version: Some(version), programs, features, php_versions, keeps_quotas, ..self }
    }
}

/// What happens to accounts with a limit on disk space on a host that keeps no quotas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum WithoutQuotas {
    /// They are not placed there, and those that are there already are a finding: nobody enforces what was sold.
    #[default]
    Refuse,
    /// They are placed there, and the placement says what is not enforced.
    Accept,
}

impl WithoutQuotas {
    /// Every policy.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Why a server is out of service. Its jobs are held meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFault {
    /// The fault that the last try met.
    pub fault: Fault,
    /// The time of the first such fault.
    pub since: OffsetDateTime,
    /// The calls that the fault stops.
    pub stops: Stops,
}

/// The calls that a server's fault stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Stops {
    /// All calls: the server does not let us in, or does not answer.
    Calls,
    /// Only changes: the server has no space left.
    Changes,
}

impl Stops {
    /// Every value.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The software on a server, which decides how we talk to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ServerKind {
    /// Webmin with Virtualmin.
    Virtualmin,
    /// An operating system without a panel.
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

/// The way to verify a server's certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// An authority that the operating system trusts has signed it.
    SystemAuthorities,
    /// It has exactly this SHA-256 over its DER form, in lower-case hexadecimal.
    Sha256Pin(String),
}

/// Whether a server takes accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ServerStatus {
    /// The server is registered; no call has succeeded yet.
    Unverified,
    /// The server takes accounts.
    Active,
    /// The server keeps its accounts and takes no more.
    Draining,
    /// A person has asked to leave the server alone.
    Maintenance,
    /// Some checks fail.
    Degraded,
    /// The server does not answer.
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

/// Check a server's certificate, credentials and programs, and open it for accounts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VerifyServer {
    /// The registered server.
    pub server_id: ServerId,
}

impl Order for VerifyServer {
    const KIND: JobKind = JobKind::ServerVerify;
    fn target(&self) -> String {
        self.server_id.target()
    }
}

/// Call a program of a server's panel, as an operator asks. The gateway knows which programs and parameters there are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallProgram {
    /// The server.
    pub server_id: ServerId,
    /// The name of the program, such as `list-users`.
    pub program: String,
    /// Its parameters in order, each with its value if it has one. None of them is a secret.
    pub arguments: Vec<(String, Option<String>)>,
}

impl Order for CallProgram {
    const KIND: JobKind = JobKind::ServerCall;
    fn target(&self) -> String {
        self.server_id.target()
    }
}

/// What came of a [`CallProgram`], kept with its job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramAnswer {
    /// Whether the program did its work. `Unknown` if its answer was lost: nobody calls it a second time.
    pub effect: Effect,
    /// The objects of a program that lists, as JSON without passwords; empty if it prints text.
    pub data: String,
    /// What the program printed, without passwords.
    pub output: String,
    /// The first step that failed or was skipped, although the program ended well.
    pub failed_step: Option<String>,
}

/// Switch off a virtual server that no account claims. Nothing in it is deleted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QuarantineDomain {
    /// The server with the virtual server.
    pub server_id: ServerId,
    /// The domain of the virtual server.
    pub domain: DomainName,
}

impl Order for QuarantineDomain {
    const KIND: JobKind = JobKind::DomainQuarantine;
    fn target(&self) -> String {
        self.server_id.target()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::pinned::are_stored;

    #[test]
    fn the_words_are_stored() {
        are_stored::<ServerKind>("virtualmin bare bench");
        are_stored::<Stops>("calls changes");
        are_stored::<WithoutQuotas>("refuse accept");
        are_stored::<ServerStatus>("unverified active draining maintenance degraded unavailable");
    }
}
