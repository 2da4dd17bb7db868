//! The records of a zone in answers.

use contracts::gateway::v1;

use crate::panel::dns::DnsRecord;

impl From<DnsRecord> for v1::DnsRecord {
    fn from(record: DnsRecord) -> Self {
        Self {
            r#type: record.kind().to_owned(),
            value: record.value(),
            name: record.name,
            ttl_seconds: record.ttl_seconds,
        }
    }
}

/// The records of an answer.
pub(super) fn presented<T: From<DnsRecord>>(records: Vec<DnsRecord>) -> Vec<T> {
    records.into_iter().map(Into::into).collect()
}
