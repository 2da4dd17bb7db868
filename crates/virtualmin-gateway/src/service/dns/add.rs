//! Adds a record to the zone of a virtual server that is ours.

use contracts::gateway::v1;
use model::{fault::Fault, fence};

use super::{change::apply, fields, present::presented, wish::Wish};
use crate::service::{Asked, Call, Gateway};

/// Serves `AddDnsRecord`.
///
/// # Errors
/// `Invalid` with the field; `Conflict` for a CNAME beside other records; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::AddDnsRecordRequest>,
) -> Result<v1::DnsRecordSet, Fault> {
    let v1::AddDnsRecordRequest { server_id, fence, domain, marker, name, r#type, value } = message;
    let (target, set) = fields::target((&domain, &marker), (&name, &r#type))?;
    let value = value.ok_or_else(|| Fault::invalid("value", "is missing; give one"))?;
    let wish = Wish::Has(fields::value("value", set.kind, value)?);
    let asked = Asked { server: &server_id, fence, change: fence::Change::Dns, target };
    let done = apply(gateway, asked, (set, wish), deadline).await?;
    Ok(v1::DnsRecordSet { records: presented(done.records) })
}
