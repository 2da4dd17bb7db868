//! The fields shown of drift.

use contracts::{
    moment::from_timestamp,
    provisioning::v1::{Finding, ServerDrift},
};

use crate::field::{
    Field,
    Place::{Detail, Extra, Status, Text, Whole, Wide, Words},
    Resource, moment,
};

impl Resource for Finding {
    const PLURAL: &'static str = "findings";

    fn fields(&self) -> Vec<Field> {
        let first = self.first_seen_at.as_ref().and_then(from_timestamp);
        let last = self.last_seen_at.as_ref().and_then(from_timestamp);
        let accepted = self.accepted_at.as_ref().and_then(from_timestamp);
        let closed = self.closed_at.as_ref().and_then(from_timestamp);
        vec![
            Field::new(Whole, "id", &self.id),
            Field::new(Text, "domain", &self.domain),
            Field::new(Whole, "field", &self.field),
            Field::new(Status, "status", &self.status),
            Field::new(Extra, "severity", &self.severity),
            Field::new(Words, "seen", &self.seen),
            Field::new(Words, "wanted", &self.wanted),
            Field::new(Extra, "times", self.count),
            Field::new(Extra, "last found", moment(last)),
            Field::new(Extra, "server", &self.server_name),
            Field::new(Wide, "job", &self.job_id),
            Field::new(Wide, "server id", &self.server_id),
            Field::new(Wide, "account id", &self.account_id),
            Field::new(Detail, "first found", moment(first)),
            Field::new(Detail, "accepted by", &self.accepted_by),
            Field::new(Detail, "accepted", moment(accepted)),
            Field::new(Detail, "closed", moment(closed)),
        ]
    }
}

impl Resource for ServerDrift {
    const PLURAL: &'static str = "servers";

    fn fields(&self) -> Vec<Field> {
        let swept = self.swept_at.as_ref().and_then(from_timestamp);
        let due = self.due_at.as_ref().and_then(from_timestamp);
        vec![
            Field::new(Text, "server", &self.server_name),
            Field::new(Wide, "server id", &self.server_id),
            Field::new(Whole, "terms", &self.terms_policy),
            Field::new(Whole, "unknown", &self.unknown_policy),
            Field::new(Whole, "looked at", moment(swept)),
            Field::new(Whole, "due", moment(due)),
            Field::new(Whole, "failed checks", self.failures),
            Field::new(Text, "last error", &self.last_error),
        ]
    }
}
