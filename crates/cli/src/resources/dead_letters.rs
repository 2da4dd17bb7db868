//! The fields shown of dead letters.

use contracts::{
    moment::from_timestamp,
    provisioning::v1::{DeadLetter, RedrivenDeadLetter},
};

use crate::field::{
    Field,
    Place::{Detail, Extra, Status, Text, Whole},
    Resource, moment,
};

impl Resource for DeadLetter {
    const PLURAL: &'static str = "dead letters";

    fn fields(&self) -> Vec<Field> {
        let created = self.created_at.as_ref().and_then(from_timestamp);
        let resolved = self.resolved_at.as_ref().and_then(from_timestamp);
        vec![
            Field::new(Whole, "id", &self.id),
            Field::new(Text, "queue", &self.queue),
            Field::new(Status, "status", &self.status),
            Field::new(Text, "reason", &self.reason),
            Field::new(Extra, "created", moment(created)),
            Field::new(Extra, "redrivable", if self.redrivable { "yes" } else { "no" }),
            Field::new(Extra, "job", &self.job_id),
            Field::new(Extra, "routing key", &self.routing_key),
            Field::new(Detail, "message", &self.excerpt),
            Field::new(Detail, "message id", &self.message_id),
            Field::new(Detail, "correlation", &self.correlation_id),
            Field::new(Detail, "settled by", &self.resolved_by),
            Field::new(Detail, "settled", moment(resolved)),
        ]
    }
}

impl Resource for RedrivenDeadLetter {
    const PLURAL: &'static str = "dead letters";

    fn fields(&self) -> Vec<Field> {
        let mut fields = self.dead_letter.clone().unwrap_or_default().fields();
        if let Some(job) = &self.job {
            fields.retain(|it| it.name != "job");
            fields.push(Field::new(Whole, "job", &job.id));
            fields.push(Field::new(Status, "job status", &job.status));
        }
        fields
    }
}
