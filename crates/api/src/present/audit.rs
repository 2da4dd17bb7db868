//! Turns rows of the audit log into messages.

use contracts::{moment::to_timestamp, provisioning::v1};
use model::audit::AuditEntry;
use serde_json::Value;

pub(crate) fn audit_entry(entry: &AuditEntry) -> v1::AuditEntry {
    let details = match &entry.detail {
        Value::Object(members) => members.iter().map(|(name, value)| detail(name, value)).collect(),
        Value::Null => Vec::new(),
        other => vec![detail("detail", other)],
    };
    v1::AuditEntry {
        number: entry.number.unsigned_abs(),
        at: Some(to_timestamp(entry.at)),
        actor: entry.actor.clone(),
        action: entry.action.clone(),
        target: entry.target.clone(),
        correlation_id: entry.correlation_id.clone(),
        details,
    }
}

fn detail(name: &str, value: &Value) -> v1::AuditDetail {
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    v1::AuditDetail { name: name.to_owned(), value }
}
