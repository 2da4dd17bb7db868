//! A DNS record as the templates show it.

use serde::Serialize;

use crate::virtualmin::dns_record::DnsRecord;

/// A record as the templates show it.
#[derive(Serialize)]
pub(super) struct Shown {
    #[serde(flatten)]
    record: DnsRecord,
    absolute: String,
    /// The name below the domain; absolute for the domain itself.
    short: String,
    line: String,
    file: String,
}

impl Shown {
    /// A record of the zone of `domain`.
    pub(super) fn of(domain: &str, record: DnsRecord) -> Self {
        let absolute = record.absolute(domain);
        let short = if record.name.is_empty() { absolute.clone() } else { record.name.clone() };
        let (line, file) = (record.line(), format!("/var/lib/bind/{domain}.hosts"));
        Self { record, absolute, short, line, file }
    }
}
