//! Accounts: the virtual servers behind services, and the jobs that change them.

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};
use time::OffsetDateTime;

use crate::{
    domain::DomainName,
    ids::{AccountId, PlanId, ServerId, ServiceId, TenantId},
    job::{JobKind, Order},
    placement,
    plan::{Plan, PlanTerms},
    service::Service,
    site::ServedSite,
    username::Username,
    words,
};

/// The beginning of every description that is a mark of ours.
const MARK: &str = "praho account ";

/// An account: a virtual server on a host, for one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The account's id; also our mark in the virtual server's description.
    pub id: AccountId,
    /// The tenant that owns the account.
    pub tenant_id: TenantId,
    /// The service behind the account.
    pub service_id: ServiceId,
    /// The plan at the time of the placement.
    pub plan_id: PlanId,
    /// The host of the account.
    pub server_id: ServerId,
    /// The main domain of the virtual server.
    pub domain: DomainName,
    /// The Unix user of its administrator; `None` until one is chosen.
    pub username: Option<Username>,
    /// The limits and features that the account is to have, copied from the plan.
    pub terms: PlanTerms,
    /// The account's place in its life.
    pub status: AccountStatus,
    /// Whether termination and deletion are refused.
    pub protected: bool,
    /// The reason for its server.
    pub placement: placement::Reason,
    /// The proof that its website is served; `None` before there is one, and for plans without a website.
    pub site: Option<ServedSite>,
    /// The time of its last change.
    pub updated_at: OffsetDateTime,
}

impl Account {
    /// The new account of a service: it has its place on a server and nothing else. It is protected from the
    /// start.
    pub fn placed(
        service: &Service,
        plan: &Plan,
        server_id: ServerId,
        placement: placement::Reason,
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
            site: None,
            updated_at: id.created_at(),
        }
    }

    /// The description of the account's virtual server, which identifies our own virtual servers on a host.
    ///
    /// Virtualmin refuses `:` in a description.
    pub fn marker(id: AccountId) -> String {
        format!("{MARK}{id}")
    }

    /// The account that a mark names; `None` for any other text.
    pub fn marked_by(marker: &str) -> Option<AccountId> {
        let id = marker.strip_prefix(MARK)?.parse().ok()?;
        // A UUID has several spellings, and a mark has one.
        (Self::marker(id) == marker).then_some(id)
    }

    /// Whether a virtual server's description is the mark of an account, known or unknown.
    pub fn is_marker(description: &str) -> bool {
        description.starts_with(MARK)
    }
}

/// An account's place in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum AccountStatus {
    /// The place is reserved; the virtual server does not exist yet.
    Pending,
    /// The virtual server exists and is on.
    Active,
    /// The virtual server exists and is off.
    Suspended,
    /// The virtual server is deleted.
    Terminated,
    /// The provisioning failed; nothing of the account is left outside.
    Failed,
}

/// An event in the life of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount, EnumString, IntoStaticStr, VariantArray)]
pub enum AccountEvent {
    /// The virtual server exists and its DNS is live.
    #[strum(serialize = "account.provisioned")]
    Provisioned,
    /// The provisioning failed.
    #[strum(serialize = "account.failed")]
    Failed,
    /// The provisioning of a failed account starts again.
    #[strum(serialize = "account.retried")]
    Retried,
    /// A completed provisioning is undone; the account fails next.
    #[strum(serialize = "account.withdrawn")]
    Withdrawn,
    /// The virtual server was switched off.
    #[strum(serialize = "account.suspended")]
    Suspended,
    /// The virtual server was switched on again.
    #[strum(serialize = "account.unsuspended")]
    Unsuspended,
    /// The virtual server was deleted.
    #[strum(serialize = "account.terminated")]
    Terminated,
}

/// The event that an account's user has another password. It is no [`AccountEvent`], because it changes no status.
pub const PASSWORD_RESET: &str = "account.password_reset";

impl AccountStatus {
    /// Every status.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The status after `event`; `None` if the event cannot happen in this status.
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

    /// Whether the account holds its domain, its user name and its place on a server.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Pending | Self::Active | Self::Suspended)
    }

    /// The stable name, as in the database and in answers.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl AccountEvent {
    /// Every event.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The status after this event, whatever the status before.
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
    /// The account, whose place on a server is reserved.
    pub account_id: AccountId,
}

/// Switch an account off.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SuspendAccount {
    /// The account to suspend.
    pub account_id: AccountId,
    /// The reason that the panel shows.
    pub reason: String,
}

/// Switch an account on again after a suspension.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UnsuspendAccount {
    /// The suspended account.
    pub account_id: AccountId,
}

/// Delete an account: its DNS first, then its virtual server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TerminateAccount {
    /// The account, which must not be protected.
    pub account_id: AccountId,
}

/// Bring an account's virtual server back to the state in its row: existing, and switched on or off.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HealAccount {
    /// The account to heal.
    pub account_id: AccountId,
    /// Whether the quota is set again too.
    #[serde(default)]
    pub terms: bool,
}

/// Give an account's user another password. The password itself is sealed beside the account, never in here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResetAccountPassword {
    /// The account, which is active or suspended.
    pub account_id: AccountId,
    /// Whether the caller gave the password; if not, the job generates one.
    pub given: bool,
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

impl Order for ResetAccountPassword {
    const KIND: JobKind = JobKind::AccountResetPassword;
    fn target(&self) -> String {
        self.account_id.target()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::pinned::{are, are_stored};

    #[test]
    fn the_words_are_stored() {
        are_stored::<AccountStatus>("pending active suspended terminated failed");
        are::<AccountEvent>(
            "account.provisioned account.failed account.retried account.withdrawn account.suspended \
             account.unsuspended account.terminated",
        );
    }

    #[test]
    fn a_mark_names_its_account_in_one_spelling() {
        let id = AccountId::generate();
        let marker = Account::marker(id);
        assert_eq!(Account::marked_by(&marker), Some(id));
        let bare = id.to_string().replace('-', "");
        for other in ["", MARK, "shop", &marker.to_uppercase(), &format!("{MARK}{bare}")] {
            assert_eq!(Account::marked_by(other), None, "{other}");
        }
    }

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
