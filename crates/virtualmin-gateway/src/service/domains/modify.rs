//! Changes the limits of a virtual server that is ours.

use std::sync::Arc;

use contracts::gateway::v1::{self, Limits};
use model::{fault::Fault, fence::Change, quota::Limit};
use tokio::time::Instant;

use super::limits;
use crate::{
    panel::{
        client::Panel,
        domains::Domain,
        errors::failed_steps,
        faults::Error,
        programs,
        request::{Refusal, Request},
    },
    servers::Server,
    service::{
        Call, Gateway,
        look::{self, Target},
        requests,
    },
};

/// Serves `ModifyDomain`.
///
/// # Errors
/// `Invalid` with the field; those of [`modify`].
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::ModifyDomainRequest>,
) -> Result<Domain, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let object = target.object();
    let fence = gateway.admit(&message.server_id, message.fence, Change::Modify, object).await?;
    let limits = message.limits;
    let work = async move |server: Arc<Server>| {
        modify(&server.panel, &target, limits.as_ref(), deadline).await
    };
    gateway.change(fence, deadline, work).await
}

fn request(domain: &str, limits: Option<&Limits>) -> Result<Request, Fault> {
    let refused = |refusal: Refusal| Fault::from(Error::from(refusal));
    let request = Request::on(&programs::domains::MODIFY, domain).map_err(refused)?;
    let Some(wanted) = limits else { return Ok(request) };
    let unsupported = "cannot be changed on a virtual server that is there";
    for (field, count) in
        [("limits.mailboxes", wanted.mailboxes), ("limits.databases", wanted.databases)]
    {
        if count.is_some() {
            return Err(Fault::invalid(field, unsupported));
        }
    }
    let quota = limits::quota(wanted)?;
    let bandwidth = limits::bandwidth(wanted)?;
    request
        .value("quota", &quota)
        .and_then(|it| it.value("uquota", &quota))
        .and_then(|it| it.value("bw", &bandwidth))
        .map_err(refused)
}

/// Changes the virtual server and reads its quotas back. `None` leaves the limits as they are.
async fn modify(
    panel: &Panel,
    target: &Target,
    limits: Option<&Limits>,
    deadline: Instant,
) -> Result<Domain, Fault> {
    let request = request(target.domain.as_str(), limits)?;
    look::present(panel, target, deadline).await?;
    let output = panel.run(request, deadline).await?;
    let step = failed_steps(&output, &[]);
    let seen = look::after(panel, target, deadline).await?;
    let seen = seen.ok_or_else(|| look::without_effect("it is gone", step.clone()))?;
    if let Some(wanted) = limits {
        let wanted = wanted.disk_mib.map_or(Limit::Unlimited, Limit::AtMost).mib_to_blocks();
        let wanted = wanted.map_err(Fault::internal)?;
        let took = |seen: Option<Limit>| seen.is_none_or(|it| it == wanted);
        if !took(seen.server_quota) || !took(seen.user_quota) {
            return Err(look::without_effect("its quota is another", step));
        }
    }
    look::whole(seen, step)
}
