//! Replaces the records of one name and type in the zone of a virtual server that is ours.

use contracts::gateway::v1;
use model::{fault::Fault, fence};

use super::{change::apply, fields, present::presented, wish::Wish};
use crate::service::{Asked, Call, Gateway};

/// Serves `ReplaceDnsRecords`.
///
/// # Errors
/// `Invalid` with the field; `Conflict` for a CNAME beside other records; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::ReplaceDnsRecordsRequest>,
) -> Result<v1::DnsRecordSet, Fault> {
    let v1::ReplaceDnsRecordsRequest { server_id, fence, domain, marker, name, r#type, values } =
        message;
    let (target, set) = fields::target((&domain, &marker), (&name, &r#type))?;
    if values.is_empty() {
        return Err(Fault::invalid("values", "is empty; RemoveDnsRecords leaves no record"));
    }
    let value = |(at, value)| fields::value(&format!("values[{at}]"), set.kind, value);
    let values = values.into_iter().enumerate().map(value).collect::<Result<Vec<_>, _>>()?;
    for (at, value) in values.iter().enumerate() {
        if values[..at].iter().any(|it| it.value == value.value) {
            return Err(Fault::invalid(
                format!("values[{at}].value"),
                "is given twice; leave one out",
            ));
        }
    }
    let asked = Asked { server: &server_id, fence, change: fence::Change::Dns, target };
    let done = apply(gateway, asked, (set, Wish::Are(values)), deadline).await?;
    Ok(v1::DnsRecordSet { records: presented(done.records) })
}
