//! Changes the limits or the password of a virtual server that is ours.

use std::sync::Arc;

use contracts::gateway::v1::{self, Limits};
use model::{
    fault::{Effect, Fault, FaultKind},
    quota::Limit,
    secret::Secret,
};
use tokio::time::Instant;

use super::limits;
use crate::{
    panel::{
        client::Panel,
        domains::Domain,
        errors::failed_steps,
        faults::Error,
        program::Program,
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
    let password = match message.password_of_account_id.as_str() {
        "" => None,
        account => Some(gateway.account_password("password_of_account_id", account).await?),
    };
    let change = Change { limits: message.limits, password };
    let work =
        async move |server: Arc<Server>| modify(&server.panel, &target, &change, deadline).await;
    gateway.change(&message.server_id, message.fence, deadline, work).await
}

/// The wanted values; `None` leaves the current one.
#[derive(Debug)]
struct Change {
    limits: Option<Limits>,
    password: Option<Secret>,
}

impl Change {
    fn request(&self, domain: &str) -> Result<Request, Fault> {
        let refused = |refusal: Refusal| Fault::from(Error::from(refusal));
        let mut request = Request::on(Program::ModifyDomain, domain).map_err(refused)?;
        if let Some(wanted) = &self.limits {
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
            request = request
                .value("quota", &quota)
                .and_then(|it| it.value("uquota", &quota))
                .and_then(|it| it.value("bw", &bandwidth))
                .map_err(refused)?;
        }
        match &self.password {
            Some(password) => request.secret("pass", password).map_err(refused),
            None => Ok(request),
        }
    }
}

/// Changes the virtual server and reads its quotas back. A change of the password cannot be read back.
async fn modify(
    panel: &Panel,
    target: &Target,
    change: &Change,
    deadline: Instant,
) -> Result<Domain, Fault> {
    let request = change.request(&target.domain)?;
    look::present(panel, target, deadline).await?;
    let output = panel.run(request, deadline).await?;
    let secrets: Vec<&Secret> = change.password.iter().collect();
    let step = failed_steps(&output, &secrets);
    let seen = look::after(panel, target, deadline).await?;
    let seen = seen.ok_or_else(|| look::without_effect("it is gone", step.clone()))?;
    if let Some(wanted) = &change.limits {
        let wanted = wanted.disk_mib.map_or(Limit::Unlimited, Limit::AtMost).mib_to_blocks();
        let wanted = wanted.map_err(Fault::internal)?;
        let took = |seen: Option<Limit>| seen.is_none_or(|it| it == wanted);
        if !took(seen.server_quota) || !took(seen.user_quota) {
            return Err(look::without_effect("its quota is another", step));
        }
    }
    match step {
        Some(step) => Err(Fault::new(
            FaultKind::Unavailable,
            "the panel carried out only a part of the change",
        )
        .caused_by(step)
        .with_effect(Effect::Unknown)),
        None => Ok(seen),
    }
}
