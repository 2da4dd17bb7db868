//! The fields shown of the audit log.

use contracts::{
    moment::from_timestamp,
    provisioning::v1::{AuditEntry, AuditVerification},
};

use crate::field::{
    Field,
    Place::{Extra, Text, Whole, Wide},
    Resource, moment,
};

impl Resource for AuditEntry {
    const PLURAL: &'static str = "entries";

    fn fields(&self) -> Vec<Field> {
        let at = self.at.as_ref().and_then(from_timestamp);
        let details = self.details.iter().map(|it| format!("{}={}", it.name, it.value));
        vec![
            Field::new(Whole, "number", self.number.to_string()),
            Field::new(Whole, "at", moment(at)),
            Field::new(Text, "actor", &self.actor),
            Field::new(Whole, "action", &self.action),
            Field::new(Text, "target", &self.target),
            Field::new(Extra, "details", details.collect::<Vec<_>>().join(" ")),
            Field::new(Wide, "correlation id", &self.correlation_id),
        ]
    }
}

impl Resource for AuditVerification {
    const PLURAL: &'static str = "verifications";

    fn fields(&self) -> Vec<Field> {
        let problems = self.problems.iter().map(|it| format!("row {}: {}", it.number, it.problem));
        vec![
            Field::new(Whole, "checked to", self.checked_to.to_string()),
            Field::new(Whole, "good heads", self.good_heads.to_string()),
            Field::new(Whole, "heads of unknown keys", self.unknown_heads.to_string()),
            Field::new(Text, "problems", problems.collect::<Vec<_>>().join("; ")),
        ]
    }
}
