//! The parts of a workflow: steps that act, and child jobs that it waits for.

use model::{fault::Fault, job::NewJob};
use serde::{Serialize, de::DeserializeOwned};

use crate::Context;

/// One reversible act of a workflow that carries out orders of type `O`.
pub trait Step<O>: Send + Sync + 'static {
    /// Stored in the journal, so a new name loses the progress of jobs under way.
    const NAME: &'static str;
    /// What later steps and undos may read. It is stored in the journal, so it never holds a secret.
    type Output: Serialize + DeserializeOwned + Send;

    /// Makes the effect. The effect may exist in part already.
    fn run(&self, cx: &Context<'_, O>) -> impl Future<Output = Result<Self::Output, Fault>> + Send;

    /// Checks whether an earlier try had its effect, before a repeat.
    ///
    /// `Some` means that the effect exists; `None` means that [`Step::run`] must be called.
    fn look(
        &self,
        _cx: &Context<'_, O>,
    ) -> impl Future<Output = Result<Option<Self::Output>, Fault>> + Send {
        async { Ok(None) }
    }

    /// Removes the effect. The effect may never have existed, or may be gone already.
    fn undo(&self, _cx: &Context<'_, O>) -> impl Future<Output = Result<(), Fault>> + Send {
        async { Ok(()) }
    }
}

/// A step that is a job itself, with a target of its own; the workflow waits for its end.
pub trait ChildStep<O>: Send + Sync + 'static {
    /// See [`Step::NAME`].
    const NAME: &'static str;

    /// The job to file; `None` if no job is needed.
    fn job(
        &self,
        cx: &Context<'_, O>,
    ) -> impl Future<Output = Result<Option<NewJob>, Fault>> + Send;

    /// The job that undoes a completed child. A failed child has undone itself.
    fn undo_job(
        &self,
        _cx: &Context<'_, O>,
    ) -> impl Future<Output = Result<Option<NewJob>, Fault>> + Send {
        async { Ok(None) }
    }
}
