//! Handlers of dead letters: get, list, redrive and discard. They use the rows; the broker's copies are
//! notices only.

use contracts::{messages::v1::ServiceCommand, provisioning::v1};
use model::{
    dead_letter::{DeadCommand, DeadLetter, DeadLetterStatus},
    fault::Fault,
    ids::DeadLetterId,
};
use serde_json::json;
use store::{Tx, dead_letters::DeadLetterFilter};

use super::{jobs, refused};
use crate::{
    caller::{Api, Caller},
    commands,
    idempotency::{Intent, once},
    present,
    validation::{self, Form},
};

pub(crate) async fn get_dead_letter(
    api: Api,
    caller: Caller,
    request: v1::GetDeadLetterRequest,
) -> Result<v1::DeadLetter, Fault> {
    let letter = find(&api, &caller, validation::id(&request.id)?).await?;
    Ok(present::dead_letter(&letter))
}

/// A dead letter of the caller's tenant; for the platform's tenant also one without a tenant.
async fn find(api: &Api, caller: &Caller, id: DeadLetterId) -> Result<DeadLetter, Fault> {
    let letter = api.store.dead_letter(id).await?;
    letter
        .filter(|it| it.tenant_id.map_or(caller.platform, |tenant| tenant == caller.tenant_id))
        .ok_or_else(|| Fault::not_found("dead letter", id))
}

pub(crate) async fn list_dead_letters(
    api: Api,
    caller: Caller,
    request: v1::ListDeadLettersRequest,
) -> Result<v1::ListDeadLettersResponse, Fault> {
    let page = validation::page(request.page_size, &request.page_token)?;
    let mut form = Form::default();
    let status =
        validation::choice(&request.status, &DeadLetterStatus::ALL, DeadLetterStatus::as_str);
    let status = form.read("status", status);
    let queue = form.read("queue", validation::queue(&request.queue));
    let (Some(status), Some(queue)) = (status, queue) else { return Err(form.fault()) };
    let (tenant, nobodys) = (caller.tenant_id, caller.platform);
    let filter = DeadLetterFilter { tenant, nobodys, status, queue };
    let letters = api.store.list_dead_letters(&filter, page).await?;
    Ok(v1::ListDeadLettersResponse {
        next_page_token: validation::next_page_token(page, &letters, |it| it.id.uuid()),
        dead_letters: letters.iter().map(present::dead_letter).collect(),
    })
}

pub(crate) async fn redrive_dead_letter(
    api: Api,
    caller: Caller,
    request: v1::RedriveDeadLetterRequest,
) -> Result<v1::RedrivenDeadLetter, Fault> {
    let letter = find(&api, &caller, validation::id(&request.id)?).await?;
    // The command runs under its own key before the letter is settled. If the process dies in between, a new
    // redrive finds the command already done.
    let filed = carry_out(&api, &caller, &letter).await?;
    let job = match letter.job_id {
        Some(id) => Some(jobs::find(&api, &caller, id).await?),
        None => None,
    };
    let intent =
        Intent { operation: "dead_letter.redrive", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        if !letter.is_redrivable() {
            let why = "it is neither a job nor a readable command; discard it";
            return Err(refused(why));
        }
        let settled = settle(tx, &caller, &letter, DeadLetterStatus::Redriven).await?;
        let job = match &job {
            Some(job) => Some(jobs::again(&api, tx, &caller, job).await?),
            None => filed,
        };
        Ok(v1::RedrivenDeadLetter { dead_letter: Some(present::dead_letter(&settled)), job })
    })
    .await
}

/// Executes the command of an open letter, if it has one; returns the filed job. It acts for the tenant of the letter, or
/// for that of the named service if the letter is the platform's.
async fn carry_out(
    api: &Api,
    caller: &Caller,
    letter: &DeadLetter,
) -> Result<Option<v1::Job>, Fault> {
    let Some(DeadCommand { routing_key, body: Some(body) }) = &letter.command else {
        return Ok(None);
    };
    if letter.status != DeadLetterStatus::Open {
        return Ok(None);
    }
    let command: ServiceCommand = serde_json::from_value(body.clone()).map_err(Fault::internal)?;
    let tenant_id = match letter.tenant_id {
        Some(tenant_id) => tenant_id,
        None => commands::tenant(api, &command).await?,
    };
    let caller = Caller { tenant_id, ..caller.clone() };
    commands::carry_out(api.clone(), caller, routing_key, command).await
}

pub(crate) async fn discard_dead_letter(
    api: Api,
    caller: Caller,
    request: v1::DiscardDeadLetterRequest,
) -> Result<v1::DeadLetter, Fault> {
    let letter = find(&api, &caller, validation::id(&request.id)?).await?;
    let intent =
        Intent { operation: "dead_letter.discard", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        if letter.status == DeadLetterStatus::Discarded {
            return Ok(present::dead_letter(&letter));
        }
        let settled = settle(tx, &caller, &letter, DeadLetterStatus::Discarded).await?;
        Ok(present::dead_letter(&settled))
    })
    .await
}

async fn settle(
    tx: &Tx,
    caller: &Caller,
    letter: &DeadLetter,
    status: DeadLetterStatus,
) -> Result<DeadLetter, Fault> {
    let settled = tx.resolve_dead_letter(letter.id, status, &caller.actor).await?;
    let settled = settled
        .ok_or_else(|| refused("it was redriven or discarded before; read it and its job again"))?;
    let action = match status {
        DeadLetterStatus::Discarded => "dead_letter.discard",
        DeadLetterStatus::Open | DeadLetterStatus::Redriven => "dead_letter.redrive",
    };
    let target = format!("dead-letter/{}", letter.id);
    let detail = json!({ "queue": letter.queue, "job_id": letter.job_id });
    let tenant_id = letter.tenant_id.unwrap_or(caller.tenant_id);
    tx.audit(tenant_id, &caller.origin(), action, &target, detail).await?;
    Ok(settled)
}
