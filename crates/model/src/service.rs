//! A plan sold to a customer: what billing wants to be true.

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};

use crate::{
    domain::DomainName,
    ids::{PlanId, ServiceId, TenantId},
    words,
};

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// Who sold it.
    pub tenant_id: TenantId,
    /// What was sold.
    pub plan_id: PlanId,
    /// For which domain.
    pub domain: DomainName,
    /// Billing's own number for it, if it gave one.
    pub external_id: Option<String>,
    /// What billing wants.
    pub status: ServiceStatus,
}

/// What billing wants of a service; its account says how far that is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ServiceStatus {
    /// Sold, not yet to run.
    Created,
    /// To run.
    Active,
    /// To be kept but switched off.
    Suspended,
    /// To be gone.
    Terminated,
}

/// What billing may say about a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceEvent {
    /// Run it.
    Activate,
    /// Switch it off.
    Suspend,
    /// Switch it on again.
    Unsuspend,
    /// Remove it.
    Terminate,
    /// Its account could not be made and is undone: it may be activated again.
    Reset,
}

impl ServiceStatus {
    /// Every status.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The status after `event`; `None` where that makes no sense.
    pub fn after(self, event: ServiceEvent) -> Option<Self> {
        use ServiceEvent as E;
        match (self, event) {
            (Self::Created, E::Activate) | (Self::Suspended, E::Unsuspend) => Some(Self::Active),
            (Self::Active, E::Suspend) => Some(Self::Suspended),
            // One that never ran is taken back, and its domain is free again.
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

    #[test]
    fn nothing_follows_termination() {
        use ServiceEvent::*;
        for event in [Activate, Suspend, Unsuspend, Terminate, Reset] {
            assert_eq!(ServiceStatus::Terminated.after(event), None);
        }
    }
}
