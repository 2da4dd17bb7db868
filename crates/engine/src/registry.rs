//! Maps each kind of job to its workflow.

use std::{collections::HashMap, sync::Arc};

use model::job::{JobKind, Order};

use crate::{Workflow, workflow::Steps};

/// The workflows of a service. Cheap to clone.
#[derive(Clone, Default)]
pub struct Registry(HashMap<JobKind, Arc<dyn Steps>>);

impl Registry {
    /// Adds a workflow, in place of an earlier one for the same kind of job.
    #[must_use]
    pub fn with<O: Order>(mut self, workflow: Workflow<O>) -> Self {
        self.0.insert(O::KIND, Arc::new(workflow));
        self
    }

    /// Adds all workflows of another registry.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The first step of each kind of job, except where it is a child job.
    pub(crate) fn first_steps(&self) -> Vec<(JobKind, &'static str)> {
        let acts = self.0.iter().filter(|(_, steps)| steps.len() > 0 && !steps.is_child(0));
        acts.map(|(kind, steps)| (*kind, steps.name(0))).collect()
    }

    pub(crate) fn get(&self, kind: JobKind) -> Option<Arc<dyn Steps>> {
        self.0.get(&kind).cloned()
    }
}
