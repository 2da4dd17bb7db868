//! Takes the mark of verification from a server of any tenant, so that another registration of its panel can have it.

use contracts::provisioning::v1;
use model::fault::Fault;
use serde_json::json;

use crate::{
    caller::{Api, Caller},
    idempotency::{Intent, once},
    validation::{self, Form},
};

pub(crate) async fn release_server_url(
    api: Api,
    caller: Caller,
    request: v1::ReleaseServerUrlRequest,
) -> Result<v1::ReleasedServerUrl, Fault> {
    let mut form = Form::default();
    let url = form.read("url", validation::server_url(&api.egress, &request.url));
    let reason = form.read("reason", validation::decision(&request.reason));
    let (Some(url), Some(reason)) = (url, reason) else { return Err(form.fault()) };
    let intent =
        Intent { operation: "server.release", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        let released = tx.release_server_url(&url, "the platform's owner released its URL").await?;
        let it = released.ok_or_else(|| Fault::not_found("verified server at", &url))?;
        let detail = json!({ "url": url, "reason": reason });
        let target = it.server_id.target();
        // Both the platform and the server's tenant see it in their logs.
        for tenant in [caller.tenant_id, it.tenant_id] {
            tx.audit(tenant, &caller.origin(), "server.release", &target, detail.clone()).await?;
        }
        let (tenant_name, server_name) = (it.tenant_name, it.server_name);
        Ok(v1::ReleasedServerUrl { url, tenant_name, server_name })
    })
    .await
}
