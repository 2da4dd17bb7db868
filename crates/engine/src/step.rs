//! What a workflow is made of: acts of its own, and jobs of others that it waits for.

use model::{fault::Fault, job::NewJob};
use serde::{Serialize, de::DeserializeOwned};

use crate::Context;

/// One reversible act of a workflow that carries out orders of type `O`.
pub trait Step<O>: Send + Sync + 'static {
    /// Kept in the journal: renaming a step orphans the jobs that are under way.
    const NAME: &'static str;
    /// What later steps and undos may know. Never a secret: it is kept in the journal.
    type Output: Serialize + DeserializeOwned + Send;

    /// Makes the effect true. May find it half true already.
    fn run(&self, cx: &Context<'_, O>) -> impl Future<Output = Result<Self::Output, Fault>> + Send;

    /// Asked instead of a blind repeat when an earlier try may have had its effect.
    ///
    /// `Some` says that it happened; `None` that [`Step::run`] is to be called.
    fn look(
        &self,
        _cx: &Context<'_, O>,
    ) -> impl Future<Output = Result<Option<Self::Output>, Fault>> + Send {
        async { Ok(None) }
    }

    /// Makes the effect untrue. May find that it never was true, or is so no more.
    fn undo(&self, _cx: &Context<'_, O>) -> impl Future<Output = Result<(), Fault>> + Send {
        async { Ok(()) }
    }
}

/// A step that is a job of its own, on a target of its own; the workflow waits for its end.
pub trait ChildStep<O>: Send + Sync + 'static {
    /// As [`Step::NAME`].
    const NAME: &'static str;

    /// The job to file; `None` if there is nothing to do.
    fn job(
        &self,
        cx: &Context<'_, O>,
    ) -> impl Future<Output = Result<Option<NewJob>, Fault>> + Send;

    /// The job that takes a completed one back. (A failed one has undone itself.)
    fn undo_job(
        &self,
        _cx: &Context<'_, O>,
    ) -> impl Future<Output = Result<Option<NewJob>, Fault>> + Send {
        async { Ok(None) }
    }
}
