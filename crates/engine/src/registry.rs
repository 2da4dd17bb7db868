//! Which workflow carries out which kind of job.

use std::{collections::HashMap, sync::Arc};

use model::job::{JobKind, Order};

use crate::{Workflow, workflow::Steps};

/// The workflows that a service knows. Cheap to clone.
#[derive(Clone, Default)]
pub struct Registry(HashMap<JobKind, Arc<dyn Steps>>);

impl Registry {
    /// Adds a workflow.
    #[must_use]
    pub fn with<O: Order>(mut self, workflow: Workflow<O>) -> Self {
        self.0.insert(O::KIND, Arc::new(workflow));
        self
    }

    /// Adds all of another.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The first step of each kind of job, where that is an act.
    pub(crate) fn first_steps(&self) -> Vec<(JobKind, &'static str)> {
        let acts = self.0.iter().filter(|(_, steps)| steps.len() > 0 && !steps.is_child(0));
        acts.map(|(kind, steps)| (*kind, steps.name(0))).collect()
    }

    pub(crate) fn get(&self, kind: JobKind) -> Option<Arc<dyn Steps>> {
        self.0.get(&kind).cloned()
    }
}
