//! The plans that hosting companies sell, and their terms.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};

use crate::{
    ids::{PlanId, TenantId},
    job::{JobKind, Order},
    quota::Limit,
    server::ServerKind,
    words,
};

/// A plan, which a hosting company sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The id of the plan.
    pub id: PlanId,
    /// The tenant that sells the plan.
    pub tenant_id: TenantId,
    /// The name, unique for the tenant.
    pub name: String,
    /// The limits and features of an account on the plan.
    pub terms: PlanTerms,
}

/// The limits and features of an account on a plan; copied to the account at its placement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanTerms {
    /// The disk space in MiB.
    pub disk_mib: Limit,
    /// The transfer a month in MiB.
    pub bandwidth_mib: Limit,
    /// The number of mailboxes.
    pub mailboxes: Limit,
    /// The number of databases.
    pub databases: Limit,
    /// The features that are switched on.
    pub features: BTreeSet<Feature>,
    /// The tags that the server of an account must have.
    pub server_tags: BTreeSet<String>,
}

impl PlanTerms {
    /// The kind of server that can carry an account with these terms.
    pub fn server_kind(&self) -> ServerKind {
        ServerKind::Virtualmin
    }

    /// These terms with the quotas of others: disk space and transfer, which can change while an account is live. The
    /// rest holds for the life of an account.
    #[must_use]
    pub fn with_quotas_of(&self, other: &Self) -> Self {
        Self { disk_mib: other.disk_mib, bandwidth_mib: other.bandwidth_mib, ..self.clone() }
    }
}

/// Bring the live accounts of a plan to the quotas that the plan has when the job runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ApplyPlan {
    /// The plan.
    pub plan_id: PlanId,
}

impl Order for ApplyPlan {
    const KIND: JobKind = JobKind::PlanApply;
    fn target(&self) -> String {
        self.plan_id.target()
    }
}

/// A part of a virtual server that a plan may include. The Unix user and the home directory always exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Feature {
    /// A website over HTTP.
    Web,
    /// TLS for the website.
    Ssl,
    /// A zone on the server itself, besides the public one that we publish.
    Dns,
    /// Mail with mailboxes.
    Mail,
    /// `MySQL` or `MariaDB` databases.
    Mysql,
}

impl Feature {
    /// Every feature.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name, which is also Virtualmin's.
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
        are_stored::<Feature>("web ssl dns mail mysql");
    }

    #[test]
    fn only_quotas_are_taken_from_other_terms() {
        let mine = PlanTerms {
            disk_mib: Limit::AtMost(1),
            bandwidth_mib: Limit::AtMost(2),
            mailboxes: Limit::AtMost(3),
            databases: Limit::AtMost(4),
            features: [Feature::Web].into(),
            server_tags: ["ssd".to_owned()].into(),
        };
        let others = PlanTerms {
            disk_mib: Limit::AtMost(10),
            bandwidth_mib: Limit::Unlimited,
            mailboxes: Limit::Unlimited,
            databases: Limit::Unlimited,
            features: [Feature::Mail].into(),
            server_tags: BTreeSet::new(),
        };
        let wanted = PlanTerms {
            disk_mib: Limit::AtMost(10),
            bandwidth_mib: Limit::Unlimited,
            ..mine.clone()
        };
        assert_eq!(mine.with_quotas_of(&others), wanted);
    }
}
