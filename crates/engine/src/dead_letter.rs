//! Reports a job that failed for good: a `dead_letters` row, and its wake-up on the dead-letter queue of its queue.

use std::{collections::BTreeMap, time::Duration};

use chassis::propagation::current_traceparent;
use model::{fault::Fault, job::Job};
use store::{
    Tx,
    dead_letters::NewDeadLetter,
    outbox::{self, NewMessage},
};

/// Files the row and the message in the transaction that ends the job.
pub(crate) async fn write(tx: &Tx, job: &Job, fault: &Fault, reason: &str) -> store::Result<()> {
    let queue = format!("{}.{}", outbox::JOBS, job.kind.queue().as_str());
    let reason = format!("{reason}: {}", fault.message);
    let headers = BTreeMap::from([
        ("x-praho-reason".to_owned(), reason.clone()),
        ("x-praho-attempts".to_owned(), job.attempts.to_string()),
        ("x-praho-fault".to_owned(), fault.kind.as_str().to_owned()),
    ]);
    tx.publish(&NewMessage {
        exchange: outbox::DEAD,
        routing_key: format!("{queue}.dead"),
        message_type: "job.dead".to_owned(),
        content_type: "application/json",
        body: serde_json::json!({ "job_id": job.id }),
        headers,
        correlation_id: job.origin.correlation_id.clone(),
        traceparent: current_traceparent().or_else(|| job.origin.traceparent.clone()),
        delay: Duration::ZERO,
    })
    .await?;
    tx.insert_dead_letter(&NewDeadLetter {
        queue,
        job_id: Some(job.id),
        reason,
        excerpt: String::new(),
        message_id: None,
        correlation_id: Some(job.origin.correlation_id.clone()),
    })
    .await
}
