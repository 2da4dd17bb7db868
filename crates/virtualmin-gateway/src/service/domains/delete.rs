//! Deletes a virtual server that is ours.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{fault::Fault, fence::Change};
use tokio::time::Instant;

use super::protection;
use crate::{
    panel::{
        client::Panel, errors::failed_steps, faults::Error, programs, reason::Reason,
        request::Request,
    },
    servers::Server,
    service::{
        Call, Gateway,
        look::{self, Target},
        requests,
    },
};

/// Serves `DeleteDomain`; the answer tells whether the virtual server existed.
///
/// # Errors
/// `Invalid` with the field; those of [`delete`].
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::DeleteDomainRequest>,
) -> Result<bool, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let object = target.object();
    let fence = gateway.admit(&message.server_id, message.fence, Change::Delete, object).await?;
    let work = async move |server: Arc<Server>| delete(&server.panel, &target, deadline).await;
    gateway.change(fence, deadline, work).await
}

/// Deletes the virtual server and everything under it; `true` if it existed.
///
/// # Errors
/// `Conflict` if the virtual server is not ours, and nothing was touched.
async fn delete(panel: &Panel, target: &Target, deadline: Instant) -> Result<bool, Fault> {
    let domain = target.domain.as_str();
    if look::before(panel, target, deadline).await?.is_none() {
        return Ok(false);
    }
    protection::lift(panel, domain, deadline).await?;
    let request = Request::on(&programs::domains::DELETE, domain).map_err(Error::from)?;
    let step = match panel.run(request, deadline).await {
        Ok(output) => failed_steps(&output, &[]),
        Err(error) if error.is(Reason::DoesNotExist) => return Ok(true),
        Err(error) => {
            return protection::restore(panel, domain, deadline, Err(error.into())).await;
        }
    };
    match look::after(panel, target, deadline).await? {
        None => Ok(true),
        Some(_) => Err(look::without_effect("it is still there", step)),
    }
}
