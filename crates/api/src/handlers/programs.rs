//! Handlers of programs of panels: list them, call one by a job, and read its answer.

use contracts::provisioning::v1;
use model::{
    fault::Fault,
    job::{JobKind, NewJob, Order, StepRecord},
    server::{CallProgram, ProgramAnswer},
};
use serde_json::json;
use virtualmin::{asked, program::Answer, programs};

use super::{jobs, refused, servers};
use crate::{
    caller::{Api, Caller},
    idempotency::{Intent, once},
    present,
    validation::{self, Form},
};

pub(crate) async fn list_programs(
    _api: Api,
    _caller: Caller,
    _request: v1::ListProgramsRequest,
) -> Result<v1::ListProgramsResponse, Fault> {
    let callable = programs::all().filter(|it| it.answer != Answer::Secret);
    let mut programs: Vec<_> = callable.map(present::program).collect();
    programs.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(v1::ListProgramsResponse { programs })
}

pub(crate) async fn call_program(
    api: Api,
    caller: Caller,
    request: v1::CallProgramRequest,
) -> Result<v1::Job, Fault> {
    let server = servers::named(&api, &caller, &request.id).await?;
    let mut form = Form::default();
    let reason = form.read("reason", validation::decision(&request.reason));
    let given = request.arguments.iter().map(|it| (it.flag.as_str(), it.value.as_deref()));
    let asked = match asked::request(&request.program, given) {
        Ok(asked) => Some(asked),
        Err(fault) if fault.violations.is_empty() => return Err(fault),
        Err(fault) => {
            fault.violations.iter().for_each(|it| form.add(&it.field, &it.message));
            None
        }
    };
    let (Some(reason), Some(asked)) = (reason, asked) else { return Err(form.fault()) };
    let argument = |it: &v1::Argument| (it.flag.clone(), it.value.clone());
    let order = CallProgram {
        server_id: server.id,
        program: request.program.clone(),
        arguments: request.arguments.iter().map(argument).collect(),
    };
    let job = NewJob::of(caller.tenant_id, &order, caller.origin());
    let job = match asked.program().mutates() {
        true => job.holding(server.id.mutation_slot()),
        false => job,
    };
    let intent = Intent { operation: "server.call", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        api.quotas.file_job(tx, &job).await?;
        let detail = json!({
            "job_id": job.id, "program": order.program, "arguments": order.arguments, "reason": reason,
        });
        tx.audit(caller.tenant_id, &caller.origin(), "server.call", &order.target(), detail).await?;
        Ok(present::new_job(&job, &server.name))
    })
    .await
}

pub(crate) async fn get_program_answer(
    api: Api,
    caller: Caller,
    request: v1::GetProgramAnswerRequest,
) -> Result<v1::ProgramAnswer, Fault> {
    let id = validation::id(&request.id)?;
    let job = jobs::find(&api, &caller, id).await?.job;
    if job.kind != JobKind::ServerCall {
        return Err(refused(format!(
            "{id} is a job of kind {}, which has no answer",
            job.kind.as_str()
        )));
    }
    let steps = api.store.steps(id).await?;
    let answer = steps.into_iter().find_map(answer).transpose()?;
    let answer = answer
        .ok_or_else(|| refused(format!("the job is {} and has no answer", job.status.as_str())))?;
    Ok(present::program_answer(answer))
}

/// The answer that a step has in its output; `None` if it is another step, or is not done.
fn answer(step: StepRecord) -> Option<Result<ProgramAnswer, Fault>> {
    let output = step.output.filter(|it| !it.is_null())?;
    let read = serde_json::from_value(output);
    Some(read.map_err(|error| Fault::internal("the answer cannot be read").caused_by(error)))
}
