//! Turns dead letters into messages.

use contracts::{moment::to_timestamp, provisioning::v1};
use model::dead_letter::DeadLetter;

pub(crate) fn dead_letter(letter: &DeadLetter) -> v1::DeadLetter {
    v1::DeadLetter {
        id: letter.id.to_string(),
        queue: letter.queue.clone(),
        status: letter.status.as_str().to_owned(),
        reason: letter.reason.clone(),
        job_id: letter.job_id.map(|id| id.to_string()).unwrap_or_default(),
        routing_key: letter
            .command
            .as_ref()
            .map(|command| command.routing_key.clone())
            .unwrap_or_default(),
        excerpt: letter.excerpt.clone(),
        message_id: letter.message_id.clone().unwrap_or_default(),
        correlation_id: letter.correlation_id.clone().unwrap_or_default(),
        redrivable: letter.is_redrivable(),
        resolved_by: letter.resolved_by.clone().unwrap_or_default(),
        created_at: Some(to_timestamp(letter.id.created_at())),
        resolved_at: letter.resolved_at.map(to_timestamp),
    }
}
