//! Deletes a plan of the panel.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{
    fault::Fault,
    fence::{self, Object},
};

use super::look::find;
use crate::{
    panel::{faults::Error, programs, reason::Reason, request::Request},
    servers::Server,
    service::{
        Call, Gateway,
        proof::{Change, prove},
    },
};

/// Serves `DeletePlan`; the answer tells whether the plan existed.
///
/// # Errors
/// `Invalid` with the field; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::DeletePlanRequest>,
) -> Result<bool, Fault> {
    let v1::DeletePlanRequest { server_id, fence, id } = message;
    let request = Request::new(&programs::plans::DELETE).value("id", &id).map_err(Error::from)?;
    let fence = gateway.admit(&server_id, fence, fence::Change::Plans, Object::Host).await?;
    let work = async move |server: Arc<Server>| {
        let panel = &server.panel;
        if find(panel, &id, deadline).await?.is_none() {
            return Ok(false);
        }
        let there_already = Some(Reason::Absent);
        let change = Change { request, there_already, otherwise: "the plan is still there" };
        let look = async || Ok(find(panel, &id, deadline).await?.is_none().then_some(true));
        prove(panel, change, deadline, look).await
    };
    gateway.change(fence, deadline, work).await
}
