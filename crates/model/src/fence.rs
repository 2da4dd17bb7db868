//! The fence around a host: which job may make which change there, and on which account.
//!
//! A job's lease alone proves nothing about what the job is for. So the gateway asks, before each change, what the rows say
//! about the job and its target ([`Claimant`]), and [`Asked::judge`] compares that with what is asked for.

use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};

use crate::{
    account::AccountStatus,
    domain::DomainName,
    fault::{Fault, FaultKind},
    ids::{AccountId, ServerId, TenantId},
    job::{JobKind, Lane},
    service::ServiceStatus,
    words,
};

/// A change of a host, as the gateway makes it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumCount, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Change {
    /// Create the virtual server of an account, or complete it.
    Create,
    /// Set the limits and other settings of an account's virtual server.
    Modify,
    /// Create or delete the sub-servers and alias servers of an account.
    Parts,
    /// Give the virtual server of an account another domain, or its user another name.
    Rename,
    /// Switch the features of an account's virtual server on or off.
    Features,
    /// Change PHP and the redirects of an account's website.
    Website,
    /// Make an address that logs an account's user in to the panel.
    LoginLink,
    /// Set the password of an account's user.
    SetPassword,
    /// Switch the virtual server of an account off.
    Disable,
    /// Switch the virtual server of an account on.
    Enable,
    /// Delete the virtual server of an account.
    Delete,
    /// Switch off a virtual server that no account claims.
    DisableUnclaimed,
    /// Switch on a virtual server that no account claims.
    EnableUnclaimed,
    /// Let the panel test the configuration of its host, whose settings it may write anew.
    CheckConfig,
    /// Change the mailboxes and mail aliases of an account.
    Mail,
    /// Change the databases of an account, and their password.
    Databases,
    /// Change the records of an account's zone on a host that serves it.
    Dns,
    /// Change the certificate of an account's website.
    Certificates,
    /// Change the plans and templates of a host's panel.
    Plans,
    /// Back an account's virtual server up, restore it, and schedule that.
    Backups,
    /// Restart a server of the host, such as its web server.
    Restart,
    /// Call a program that changes something, for an operator.
    Call,
}

use Change::{
    Backups, Call, Certificates, CheckConfig, Create, Databases, Delete, Disable, DisableUnclaimed,
    Dns, Enable, EnableUnclaimed, Features, LoginLink, Mail, Modify, Parts, Plans, Rename, Restart,
    SetPassword, Website,
};

/// The changes that each kind of job makes, in its steps and in their undo. It may make no other.
pub const MAY_MAKE: [(JobKind, &[Change]); JobKind::COUNT] = [
    (JobKind::AccountProvision, &[Create, Delete, CheckConfig]),
    (JobKind::AccountSuspend, &[Disable, Enable]),
    (JobKind::AccountUnsuspend, &[Enable, Disable]),
    (JobKind::AccountTerminate, &[Delete]),
    // What an account has besides its virtual server is healed like the rest of it. No other kind of job changes that yet.
    (
        JobKind::AccountHeal,
        &[
            Create,
            Enable,
            Disable,
            Modify,
            Parts,
            Rename,
            Features,
            Website,
            LoginLink,
            Mail,
            Databases,
            Dns,
            Certificates,
            Backups,
        ],
    ),
    (JobKind::AccountResetPassword, &[SetPassword]),
    (JobKind::DomainQuarantine, &[DisableUnclaimed, EnableUnclaimed]),
    (JobKind::DnsApply, &[]),
    (JobKind::DnsServerApply, &[]),
    (JobKind::PlanApply, &[]),
    (JobKind::ServerVerify, &[]),
    (JobKind::ServerCall, &[Call, Plans, Restart]),
];

impl Change {
    /// Every change.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// Whether jobs of this kind make it, by [`MAY_MAKE`].
    pub fn is_made_by(self, kind: JobKind) -> bool {
        MAY_MAKE.iter().any(|(it, changes)| *it == kind && changes.contains(&self))
    }

    /// The stable name, as in the audit log and in metrics.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A change that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The change.
    pub change: Change,
    /// The host.
    pub server: ServerId,
    /// What is to be changed there.
    pub object: Object,
}

/// What a change changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// The virtual server of an account, by its domain and by our mark, which names the account.
    Account(AccountId, DomainName),
    /// A virtual server that no account claims.
    Unclaimed(DomainName),
    /// The host itself.
    Host,
}

impl Object {
    /// The domain of a virtual server.
    pub fn domain(&self) -> Option<&DomainName> {
        match self {
            Self::Account(_, domain) | Self::Unclaimed(domain) => Some(domain),
            Self::Host => None,
        }
    }
}

/// What the rows say about the job that holds a claim, about the server, and about the domain, all at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimant {
    /// The kind of the job.
    pub kind: JobKind,
    /// The lane of the job, in which its changes wait too.
    pub lane: Lane,
    /// The tenant of the job.
    pub tenant_id: TenantId,
    /// The target of the job.
    pub target: String,
    /// Whether the job holds a unit of the server's mutation slot.
    pub holds_server: bool,
    /// The tenant of the server; `None` if there is no such server.
    pub server_tenant_id: Option<TenantId>,
    /// The domain in the job's order, if it names one.
    pub ordered_domain: Option<String>,
    /// The account that is the job's target.
    pub account: Option<Subject>,
    /// Whether a live account of anybody has the domain that is asked for.
    pub is_claimed: bool,
}

/// The account that is a job's target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The id of the account.
    pub id: AccountId,
    /// The tenant of the account.
    pub tenant_id: TenantId,
    /// The host of the account.
    pub server_id: ServerId,
    /// The domain of its virtual server.
    pub domain: String,
    /// The place of the account in its life.
    pub status: AccountStatus,
    /// Whether its deletion is refused.
    pub protected: bool,
    /// The state that billing wants.
    pub wanted: ServiceStatus,
}

/// Why a job may not make a change.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    thiserror::Error,
    EnumCount,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Refusal {
    /// No job of this kind makes such a change.
    #[error("no job of its kind makes this change")]
    Kind,
    /// The job does not hold this server.
    #[error("it does not hold this server")]
    Server,
    /// The server or the account is another tenant's.
    #[error("it is about another tenant's things")]
    Tenant,
    /// The job is about another account, another domain or another host.
    #[error("it is about something else")]
    Target,
    /// An account has the domain that is to be switched as one that nobody claims.
    #[error("an account has this domain")]
    Claimed,
    /// The account is not in a state in which the change makes sense.
    #[error("the account is not in a state for this change")]
    State,
    /// The account is protected.
    #[error("the account is protected: take its protection off first")]
    Protected,
    /// The account is to run, or is at least not to be deleted.
    #[error("the service of the account is not to end: its wanted state has changed")]
    Wanted,
}

impl Refusal {
    /// Every refusal.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name, as in the audit log and in metrics.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal {
            Refusal::Kind | Refusal::Server | Refusal::Tenant | Refusal::Target => {
                FaultKind::Denied
            }
            Refusal::Claimed => FaultKind::Conflict,
            Refusal::State | Refusal::Protected | Refusal::Wanted => FaultKind::Refused,
        };
        Self::new(kind, format!("the job may not do this: {refusal}"))
    }
}

impl Asked {
    /// Whether the job behind the claim may make the change.
    ///
    /// # Errors
    ///
    /// The first reason against it.
    pub fn judge(&self, by: &Claimant) -> Result<(), Refusal> {
        if !self.change.is_made_by(by.kind) {
            return Err(Refusal::Kind);
        }
        if !by.holds_server {
            return Err(Refusal::Server);
        }
        if by.server_tenant_id != Some(by.tenant_id) {
            return Err(Refusal::Tenant);
        }
        match &self.object {
            Object::Unclaimed(domain) => self.judge_unclaimed(by, domain),
            // What is about the host itself is asked for by a job for it, or on the way of an account's own job.
            Object::Host if by.target == self.server.target() => Ok(()),
            Object::Host => self.subject(by).map(drop),
            Object::Account(id, domain) => {
                let account = self.subject(by)?;
                if account.id != *id || account.domain != domain.as_str() {
                    return Err(Refusal::Target);
                }
                account.judge(self.change, by.kind)
            }
        }
    }

    fn judge_unclaimed(&self, by: &Claimant, domain: &DomainName) -> Result<(), Refusal> {
        if by.target != self.server.target()
            || by.ordered_domain.as_deref() != Some(domain.as_str())
        {
            return Err(Refusal::Target);
        }
        if by.is_claimed { Err(Refusal::Claimed) } else { Ok(()) }
    }

    /// The account that the job is about, if it is on the server that is asked for.
    fn subject<'a>(&self, by: &'a Claimant) -> Result<&'a Subject, Refusal> {
        let account = by.account.as_ref().ok_or(Refusal::Target)?;
        if account.tenant_id != by.tenant_id {
            return Err(Refusal::Tenant);
        }
        if account.server_id != self.server || account.id.target() != by.target {
            return Err(Refusal::Target);
        }
        Ok(account)
    }
}

impl Subject {
    /// Whether the account's rows allow the change.
    fn judge(&self, change: Change, kind: JobKind) -> Result<(), Refusal> {
        use AccountStatus as A;
        let is_made = matches!(self.status, A::Active | A::Suspended);
        match change {
            // A new account is protected and wanted from the start; what is half made may go all the same, and a
            // provisioning deletes nothing else.
            Change::Delete if kind == JobKind::AccountProvision => match self.status {
                A::Pending | A::Failed => Ok(()),
                A::Active | A::Suspended | A::Terminated => Err(Refusal::State),
            },
            Change::Create if kind == JobKind::AccountProvision => match self.status {
                A::Pending => Ok(()),
                A::Active | A::Suspended | A::Terminated | A::Failed => Err(Refusal::State),
            },
            _ if !is_made => Err(Refusal::State),
            Change::Delete if self.protected => Err(Refusal::Protected),
            Change::Delete if self.wanted != ServiceStatus::Terminated => Err(Refusal::Wanted),
            // Protection is against the end of an account; billing may suspend a protected one. An account whose row is
            // suspended stays off until the job that ends the suspension has recorded that.
            Change::Disable if self.status == A::Active && self.wanted == ServiceStatus::Active => {
                Err(Refusal::Wanted)
            }
            Change::Create
            | Change::Modify
            | Change::Parts
            | Change::Rename
            | Change::Features
            | Change::Website
            | Change::LoginLink
            | Change::SetPassword
            | Change::Disable
            | Change::Enable
            | Change::Delete
            | Change::DisableUnclaimed
            | Change::EnableUnclaimed
            | Change::CheckConfig
            | Change::Mail
            | Change::Databases
            | Change::Dns
            | Change::Certificates
            | Change::Plans
            | Change::Backups
            | Change::Restart
            | Change::Call => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
