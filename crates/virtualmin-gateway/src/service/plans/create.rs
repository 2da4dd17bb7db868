//! Creates a plan of the panel.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{
    fault::{Fault, FaultKind},
    fence::{self, Object},
};

use super::{look::plans, terms};
use crate::{
    panel::{faults::Error, plans::Plan, programs, reason::Reason, request::Request},
    servers::Server,
    service::{
        Call, Gateway,
        proof::{Change, prove},
    },
};

/// Serves `CreatePlan`.
///
/// # Errors
/// `Invalid` with the field; `Conflict` if the plan has other terms; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::CreatePlanRequest>,
) -> Result<Plan, Fault> {
    let terms = terms::read(message.terms)?;
    let request = terms.of_new(Request::new(&programs::plans::CREATE)).map_err(Error::from)?;
    let change = fence::Change::Plans;
    let fence = gateway.admit(&message.server_id, message.fence, change, Object::Host).await?;
    let work = async move |server: Arc<Server>| {
        let panel = &server.panel;
        let named = async || {
            let plans = plans(panel, deadline).await?;
            let is_named = |it: &Plan| it.terms.name.eq_ignore_ascii_case(&terms.name);
            Ok::<_, Fault>(plans.into_iter().find(is_named))
        };
        match named().await? {
            Some(plan) if plan.terms == terms => return Ok(plan),
            Some(plan) => {
                let message = format!("the plan {} exists and has other terms", plan.terms.name);
                return Err(Fault::new(FaultKind::Conflict, message));
            }
            None => {}
        }
        let otherwise = "the plan is not there, or has other terms";
        let change = Change { request, there_already: Some(Reason::Exists), otherwise };
        let look = async || Ok(named().await?.filter(|it| it.terms == terms));
        prove(panel, change, deadline, look).await
    };
    gateway.change(fence, deadline, work).await
}
