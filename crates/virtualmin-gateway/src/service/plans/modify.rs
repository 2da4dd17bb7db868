//! Changes a plan of the panel.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{
    fault::Fault,
    fence::{self, Object},
};

use super::{look::find, terms};
use crate::{
    panel::{faults::Error, plans::Plan, programs, request::Request},
    servers::Server,
    service::{
        Call, Gateway,
        proof::{Change, prove},
    },
};

/// Serves `ModifyPlan`. The flag that changes the virtual servers too is never given, because our rows have their limits.
///
/// # Errors
/// `Invalid` with the field; `NotFound` if there is no such plan; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::ModifyPlanRequest>,
) -> Result<Plan, Fault> {
    let v1::ModifyPlanRequest { server_id, fence, id, terms } = message;
    let terms = terms::read(terms)?;
    let request = Request::new(&programs::plans::MODIFY)
        .value("id", &id)
        .and_then(|it| terms.of_old(it))
        .map_err(Error::from)?;
    let fence = gateway.admit(&server_id, fence, fence::Change::Plans, Object::Host).await?;
    let work = async move |server: Arc<Server>| {
        let panel = &server.panel;
        let missing = || Fault::not_found("plan", &id);
        let plan = find(panel, &id, deadline).await?.ok_or_else(missing)?;
        if plan.terms == terms {
            return Ok(plan);
        }
        let otherwise = "the plan has other terms";
        let change = Change { request, there_already: None, otherwise };
        let look = async || Ok(find(panel, &id, deadline).await?.filter(|it| it.terms == terms));
        prove(panel, change, deadline, look).await
    };
    gateway.change(fence, deadline, work).await
}
