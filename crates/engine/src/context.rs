//! What a step can read: its order, its job, and the outputs of earlier steps.

use std::collections::BTreeMap;

use chassis::propagation::current_traceparent;
use model::{
    fault::Fault,
    job::{Job, Order, Origin, StepRecord},
};

use crate::Step;

/// The journal of a job, by step name.
pub(crate) type Journal = BTreeMap<String, StepRecord>;

/// The input of a step.
pub struct Context<'a, O> {
    /// The job's payload.
    pub order: &'a O,
    /// The job: its id and epoch are the fence for calls to the gateway.
    pub job: &'a Job,
    pub(crate) journal: &'a Journal,
}

impl<O: Order> Context<'_, O> {
    /// The output of an earlier step, named by its type. An internal fault if the journal has none.
    pub fn output<S: Step<O>>(&self) -> Result<S::Output, Fault> {
        let output = self.journal.get(S::NAME).and_then(|it| it.output.clone());
        serde_json::from_value(output.unwrap_or_default()).map_err(|error| {
            Fault::internal(format!("step {} has no usable result: {error}", S::NAME))
        })
    }

    /// The fault of the last try of a step that ran before; `None` if it had none, or if its worker died in it.
    pub fn last_fault<S: Step<O>>(&self) -> Option<&Fault> {
        self.journal.get(S::NAME)?.fault.as_ref()
    }

    /// The origin of what this step does: the job as actor, under the caller's trace and correlation id.
    pub fn origin(&self) -> Origin {
        let origin = &self.job.origin;
        Origin {
            actor: format!("job:{}", self.job.id),
            correlation_id: origin.correlation_id.clone(),
            traceparent: current_traceparent().or_else(|| origin.traceparent.clone()),
            client_address: None,
        }
    }
}
