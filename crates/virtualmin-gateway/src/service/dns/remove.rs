//! Removes records from the zone of a virtual server that is ours.

use contracts::gateway::v1;
use model::{fault::Fault, fence};

use super::{change::apply, fields, wish::Wish};
use crate::service::{Asked, Call, Gateway};

/// Serves `RemoveDnsRecords`; the answer tells whether there was such a record.
///
/// # Errors
/// `Invalid` with the field; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::RemoveDnsRecordsRequest>,
) -> Result<bool, Fault> {
    let v1::RemoveDnsRecordsRequest { server_id, fence, domain, marker, name, r#type, value } =
        message;
    let (target, set) = fields::target((&domain, &marker), (&name, &r#type))?;
    if let Some(value) = &value {
        fields::check("value", set.kind, value)?;
    }
    let asked = Asked { server: &server_id, fence, change: fence::Change::Dns, target };
    let done = apply(gateway, asked, (set, Wish::Lacks(value)), deadline).await?;
    Ok(done.changed)
}
