//! The terms of plans in requests and answers.

use std::collections::BTreeSet;

use contracts::gateway::v1;
use model::fault::Fault;

use crate::panel::plans::{Plan, Terms};

impl From<Plan> for v1::PanelPlan {
    fn from(Plan { id, terms }: Plan) -> Self {
        let terms = v1::PlanTerms {
            name: terms.name,
            disk_kib: terms.quota,
            administrator_disk_kib: terms.administrator_quota,
            mailboxes: terms.mailboxes,
            aliases: terms.aliases,
            databases: terms.databases,
            domains: terms.domains,
            transfer_bytes: terms.transfer_bytes,
            features: terms.features.into_iter().flatten().collect(),
        };
        Self { id, terms: Some(terms) }
    }
}

/// The terms of a request. The panel keeps a quota of 0 as unlimited, so it is refused.
///
/// # Errors
/// `Invalid`, with the field.
pub(super) fn read(terms: Option<v1::PlanTerms>) -> Result<Terms, Fault> {
    let terms =
        terms.ok_or_else(|| Fault::invalid("terms", "are missing; give a name at least"))?;
    if terms.name.trim() != terms.name || terms.name.is_empty() {
        return Err(Fault::invalid("terms.name", "give a name without blanks at its ends"));
    }
    for (field, limit) in [
        ("disk_kib", terms.disk_kib),
        ("administrator_disk_kib", terms.administrator_disk_kib),
        ("transfer_bytes", terms.transfer_bytes),
    ] {
        if limit == Some(0) {
            let problem = "is 0, which the panel takes for unlimited; leave it out for that";
            return Err(Fault::invalid(format!("terms.{field}"), problem));
        }
    }
    let features: BTreeSet<_> = terms.features.into_iter().collect();
    Ok(Terms {
        name: terms.name,
        quota: terms.disk_kib,
        administrator_quota: terms.administrator_disk_kib,
        mailboxes: terms.mailboxes,
        aliases: terms.aliases,
        databases: terms.databases,
        domains: terms.domains,
        transfer_bytes: terms.transfer_bytes,
        features: (!features.is_empty()).then_some(features),
    })
}
