//! Services: plans sold to customers, in the state that billing wants.

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};

use crate::{
    domain::DomainName,
    ids::{PlanId, ServiceId, TenantId},
    words,
};

/// A plan sold to a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The id of the service.
    pub id: ServiceId,
    /// The tenant that sold the service.
    pub tenant_id: TenantId,
    /// The sold plan.
    pub plan_id: PlanId,
    /// The main domain of the service.
    pub domain: DomainName,
    /// Billing's own number for the service, if billing gave one.
    pub external_id: Option<String>,
    /// The state that billing wants.
    pub status: ServiceStatus,
}

/// The state that billing wants for a service; the account shows how far that is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ServiceStatus {
    /// Sold, but not yet to be provisioned.
    Created,
    /// To be provisioned and switched on.
    Active,
    /// To be kept, but switched off.
    Suspended,
    /// To be deleted.
    Terminated,
}

/// A change of the wanted state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceEvent {
    /// Provision the account.
    Activate,
    /// Switch the account off.
    Suspend,
    /// Switch the account on again.
    Unsuspend,
    /// Delete the account.
    Terminate,
    /// The account's provisioning failed and is undone: the service may be activated again.
    Reset,
}

impl ServiceStatus {
    /// Every status.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The status after `event`; `None` if the event cannot happen in this status.
    pub fn after(self, event: ServiceEvent) -> Option<Self> {
        use ServiceEvent as E;
        match (self, event) {
            (Self::Created, E::Activate) | (Self::Suspended, E::Unsuspend) => Some(Self::Active),
            (Self::Active, E::Suspend) => Some(Self::Suspended),
            // A service that never ran can be terminated too, which frees its domain.
            (Self::Created | Self::Active | Self::Suspended, E::Terminate) => {
                Some(Self::Terminated)
            }
            (Self::Active | Self::Suspended, E::Reset) => Some(Self::Created),
            _ => None,
        }
    }

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::pinned::are_stored;

    #[test]
    fn the_words_are_stored() {
        are_stored::<ServiceStatus>("created active suspended terminated");
    }

    #[test]
    fn nothing_follows_termination() {
        use ServiceEvent::*;
        for event in [Activate, Suspend, Unsuspend, Terminate, Reset] {
            assert_eq!(ServiceStatus::Terminated.after(event), None);
        }
    }
}
