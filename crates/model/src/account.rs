//! Accounts: the virtual servers that carry services, and the jobs that change them.

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};
use time::OffsetDateTime;

use crate::{
    domain::DomainName,
    ids::{AccountId, PlanId, ServerId, ServiceId, TenantId},
    job::{JobKind, Order},
    plan::{Plan, PlanTerms},
    service::Service,
    username::Username,
    words,
};

/// How a description begins that is a mark of ours.
const MARK: &str = "praho account ";

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id; also our mark in the virtual server's description.
    pub id: AccountId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The service it carries.
    pub service_id: ServiceId,
    /// The plan it was placed under.
    pub plan_id: PlanId,
    /// The host that carries it.
    pub server_id: ServerId,
    /// Its main domain.
    pub domain: DomainName,
    /// Its Unix user, once chosen.
    pub username: Option<Username>,
    /// What it is to have.
    pub terms: PlanTerms,
    /// Where it is.
    pub status: AccountStatus,
    /// Termination and deletion are refused while it is so.
    pub protected: bool,
    /// Why it stands on its server, as `placement` explained.
    pub placement: serde_json::Value,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
}

impl Account {
    /// The account of a service that has its place on a server and nothing else yet. It is protected from the first.
    pub fn placed(
        service: &Service,
        plan: &Plan,
        server_id: ServerId,
        placement: serde_json::Value,
    ) -> Self {
        let id = AccountId::generate();
        Self {
            id,
            tenant_id: service.tenant_id,
            service_id: service.id,
            plan_id: plan.id,
            server_id,
            domain: service.domain.clone(),
            username: None,
            terms: plan.terms.clone(),
            status: AccountStatus::Pending,
            protected: true,
            placement,
            updated_at: id.created_at(),
        }
    }

    /// The virtual server's description: how we know our own on a server.
    ///
    /// Virtualmin refuses `:` in a description.
    pub fn marker(id: AccountId) -> String {
        format!("{MARK}{id}")
    }

    /// Whether a virtual server's description is the mark of any account, known or not.
    pub fn is_marker(description: &str) -> bool {
        description.starts_with(MARK)
    }
}

/// Where an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum AccountStatus {
    /// Its place is reserved, its virtual server is not there yet.
    Pending,
    /// It works.
    Active,
    /// It is there, switched off.
    Suspended,
    /// It is gone.
    Terminated,
    /// It could not be made; nothing of it is left.
    Failed,
}

/// What can happen to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount, EnumString, IntoStaticStr, VariantArray)]
pub enum AccountEvent {
    /// Its virtual server answers and its DNS is live.
    #[strum(serialize = "account.provisioned")]
    Provisioned,
    /// It could not be made.
    #[strum(serialize = "account.failed")]
    Failed,
    /// A failed one is tried again.
    #[strum(serialize = "account.retried")]
    Retried,
    /// Its provisioning is taken back after it had worked for a moment; it goes on to fail.
    #[strum(serialize = "account.withdrawn")]
    Withdrawn,
    /// It was switched off.
    #[strum(serialize = "account.suspended")]
    Suspended,
    /// It was switched on.
    #[strum(serialize = "account.unsuspended")]
    Unsuspended,
    /// It was removed.
    #[strum(serialize = "account.terminated")]
    Terminated,
}

impl AccountStatus {
    /// Every status.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The status after `event`; `None` where that makes no sense.
    pub fn after(self, event: AccountEvent) -> Option<Self> {
        use AccountEvent as E;
        match (self, event) {
            (Self::Pending, E::Provisioned) | (Self::Suspended, E::Unsuspended) => {
                Some(Self::Active)
            }
            (Self::Pending, E::Failed) => Some(Self::Failed),
            (Self::Failed, E::Retried) | (Self::Active, E::Withdrawn) => Some(Self::Pending),
            (Self::Active, E::Suspended) => Some(Self::Suspended),
            (Self::Active | Self::Suspended, E::Terminated) => Some(Self::Terminated),
            _ => None,
        }
    }

    /// Whether it holds its domain, its user name and its place on a server.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Pending | Self::Active | Self::Suspended)
    }

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl AccountEvent {
    /// Every event.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The status that it leads to, wherever it may happen.
    pub fn status(self) -> AccountStatus {
        match self {
            Self::Provisioned | Self::Unsuspended => AccountStatus::Active,
            Self::Failed => AccountStatus::Failed,
            Self::Retried | Self::Withdrawn => AccountStatus::Pending,
            Self::Suspended => AccountStatus::Suspended,
            Self::Terminated => AccountStatus::Terminated,
        }
    }

    /// The stable name, as in the audit log and in public events.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Create an account's virtual server and publish its DNS.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProvisionAccount {
    /// The account, already reserved on its server.
    pub account_id: AccountId,
}

/// Switch an account off.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SuspendAccount {
    /// The account.
    pub account_id: AccountId,
    /// Shown on the panel.
    pub reason: String,
}

/// Switch an account on again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UnsuspendAccount {
    /// The account.
    pub account_id: AccountId,
}

/// Remove an account: its DNS first, then its virtual server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TerminateAccount {
    /// The account, not protected.
    pub account_id: AccountId,
}

/// Bring an account's virtual server back to what its row says: there, and switched on or off.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HealAccount {
    /// The account.
    pub account_id: AccountId,
    /// Whether its quota is set again as well.
    #[serde(default)]
    pub terms: bool,
}

impl Order for ProvisionAccount {
    const KIND: JobKind = JobKind::AccountProvision;
    fn target(&self) -> String {
        self.account_id.target()
    }
}

impl Order for SuspendAccount {
    const KIND: JobKind = JobKind::AccountSuspend;
    fn target(&self) -> String {
        self.account_id.target()
    }
}

impl Order for UnsuspendAccount {
    const KIND: JobKind = JobKind::AccountUnsuspend;
    fn target(&self) -> String {
        self.account_id.target()
    }
}

impl Order for TerminateAccount {
    const KIND: JobKind = JobKind::AccountTerminate;
    fn target(&self) -> String {
        self.account_id.target()
    }
}

impl Order for HealAccount {
    const KIND: JobKind = JobKind::AccountHeal;
    fn target(&self) -> String {
        self.account_id.target()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminated_account_stays_so() {
        for event in AccountEvent::ALL {
            assert_eq!(AccountStatus::Terminated.after(event), None);
        }
    }

    #[test]
    fn an_event_leads_to_one_status_from_wherever_it_may_happen() {
        for event in AccountEvent::ALL {
            let next = AccountStatus::ALL.into_iter().filter_map(|it| it.after(event));
            let next: Vec<_> = next.collect();
            assert!(!next.is_empty(), "{event:?}");
            assert!(next.iter().all(|it| *it == event.status()), "{event:?}: {next:?}");
        }
    }

    #[test]
    fn a_live_account_ends_only_by_failure_or_termination() {
        for status in AccountStatus::ALL.into_iter().filter(|it| it.is_live()) {
            for event in AccountEvent::ALL {
                if let Some(next) = status.after(event) {
                    let ended = matches!(event, AccountEvent::Failed | AccountEvent::Terminated);
                    assert_eq!(next.is_live(), !ended, "{status:?} {event:?}");
                }
            }
        }
    }
}
