//! Turns plans into messages.

use contracts::{limit::to_number, moment::to_timestamp, provisioning::v1};
use model::plan::Plan;

pub(crate) fn plan(plan: &Plan) -> v1::Plan {
    let terms = &plan.terms;
    v1::Plan {
        id: plan.id.to_string(),
        name: plan.name.clone(),
        disk_mib: to_number(terms.disk_mib),
        bandwidth_mib: to_number(terms.bandwidth_mib),
        mailboxes: to_number(terms.mailboxes),
        databases: to_number(terms.databases),
        features: terms.features.iter().map(|feature| feature.as_str().to_owned()).collect(),
        server_tags: terms.server_tags.iter().cloned().collect(),
        created_at: Some(to_timestamp(plan.id.created_at())),
    }
}

#[cfg(test)]
mod tests {
    use model::{
        ids::{PlanId, TenantId},
        plan::{Feature, PlanTerms},
        quota::Limit,
    };

    use super::*;

    #[test]
    fn a_plan_keeps_every_term() {
        let plan = plan(&Plan {
            id: PlanId::generate(),
            tenant_id: TenantId::generate(),
            name: "starter".to_owned(),
            terms: PlanTerms {
                disk_mib: Limit::AtMost(1024),
                bandwidth_mib: Limit::Unlimited,
                mailboxes: Limit::AtMost(0),
                databases: Limit::AtMost(3),
                features: [Feature::Web, Feature::Mysql].into(),
                server_tags: ["ssd".to_owned()].into(),
            },
        });
        assert_eq!((plan.disk_mib, plan.bandwidth_mib), (Some(1024), None));
        assert_eq!((plan.mailboxes, plan.databases), (Some(0), Some(3)));
        assert_eq!(plan.features, ["web", "mysql"]);
        assert_eq!(plan.server_tags, ["ssd"]);
    }
}
