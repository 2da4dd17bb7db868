//! The leave to call a server over SSH while its panel does not answer.

use std::time::Duration;

use contracts::provisioning::v1;
use model::{
    fault::Fault,
    server::Server,
    shell::{BreakGlass, MINUTES, Shell},
};
use serde_json::json;

use super::{find, named, refused};
use crate::{
    caller::{Api, Caller},
    idempotency::{Intent, once},
    present,
    validation::{self, Form},
};

pub(crate) async fn allow_break_glass(
    api: Api,
    caller: Caller,
    request: v1::AllowBreakGlassRequest,
) -> Result<v1::Server, Fault> {
    let id = named(&api, &caller, &request.id).await?.id;
    let mut form = Form::default();
    form.read("minutes", validation::number(request.minutes.into(), &MINUTES));
    let reason = form.read("reason", validation::decision(&request.reason));
    let (Some(reason), true) = (reason, form.is_good()) else { return Err(form.fault()) };
    let duration = Duration::from_secs(60 * u64::from(request.minutes));
    let intent =
        Intent { operation: "server.break_glass", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        tx.lock_server(id).await?;
        let before = find(&api, &caller, id).await?;
        let by = caller.origin().actor;
        let until = tx.allow_break_glass(id, duration, &reason, &by).await?;
        let (Some(shell), Some(until)) = (before.shell.clone(), until) else {
            return Err(refused(format!(
                "there is no way to the server's shell yet: set it first, as by praho servers ssh set {}",
                before.name
            )));
        };
        // More of them than one statement wakes go on at their own pace.
        tx.wake_held_jobs(id).await?;
        let detail = json!({ "minutes": request.minutes, "reason": reason });
        let (tenant, origin) = (caller.tenant_id, caller.origin());
        tx.audit(tenant, &origin, "server.break_glass", &id.target(), detail).await?;
        let break_glass = Some(BreakGlass { until, reason: reason.clone(), by });
        let shell = Some(Shell { break_glass, ..shell });
        Ok(present::server(&Server { shell, ..before }))
    })
    .await
}

pub(crate) async fn end_break_glass(
    api: Api,
    caller: Caller,
    request: v1::EndBreakGlassRequest,
) -> Result<v1::Server, Fault> {
    let intent =
        Intent { operation: "server.end_break_glass", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        let id = named(&api, &caller, &request.id).await?.id;
        tx.lock_server(id).await?;
        let before = find(&api, &caller, id).await?;
        if tx.end_break_glass(id).await? {
            let (tenant, origin) = (caller.tenant_id, caller.origin());
            let target = id.target();
            tx.audit(tenant, &origin, "server.end_break_glass", &target, json!({})).await?;
        }
        let shell = before.shell.clone().map(|it| Shell { break_glass: None, ..it });
        Ok(present::server(&Server { shell, ..before }))
    })
    .await
}
