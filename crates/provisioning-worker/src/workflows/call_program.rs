//! `server.call`: calls a program of a server's panel, as an operator asks, and keeps its answer.
//!
//! Nothing is undone, and nothing that may have run is repeated: nobody but the operator knows what the call is for.

use engine::{Context, Step, Workflow};
use model::{
    fault::{Effect, Fault},
    server::{CallProgram, ProgramAnswer},
};

use crate::access::Access;

/// The only step.
pub(crate) fn workflow(access: &Access) -> Workflow<CallProgram> {
    Workflow::new().then(Call(access.clone()))
}

/// Calls the program.
struct Call(Access);

impl Step<CallProgram> for Call {
    const NAME: &'static str = "call-program";
    type Output = ProgramAnswer;

    async fn run(&self, cx: &Context<'_, CallProgram>) -> Result<ProgramAnswer, Fault> {
        match self.0.gateway.call_program(cx.job, cx.order).await {
            Err(fault) if fault.effect == Effect::Unknown && !only_reads(cx) => {
                Ok(unknown(fault.message))
            }
            answer => answer,
        }
    }

    /// The program runs again only if it changes nothing, or if the last try had certainly no effect.
    async fn look(&self, cx: &Context<'_, CallProgram>) -> Result<Option<ProgramAnswer>, Fault> {
        let fault = cx.last_fault::<Self>();
        let is_safe = only_reads(cx) || fault.is_some_and(|it| it.effect == Effect::NotApplied);
        Ok((!is_safe).then(|| unknown("the answer was lost".to_owned())))
    }
}

/// Whether the program changes nothing. The job of one that does holds its server's turn.
fn only_reads(cx: &Context<'_, CallProgram>) -> bool {
    cx.job.resource.is_none()
}

fn unknown(output: String) -> ProgramAnswer {
    ProgramAnswer { effect: Effect::Unknown, data: String::new(), output, failed_step: None }
}
