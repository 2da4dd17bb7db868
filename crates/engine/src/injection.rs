//! Crashes and faults that tests inject into running jobs, at the moments around an effect.

use std::{fmt, sync::Mutex};

use model::fault::Fault;

/// A moment in the life of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The intent is journalled, nothing is done.
    BeforeEffect,
    /// Done, not journalled.
    AfterEffect,
    /// Done and journalled.
    AfterRecord,
    /// The undo is journalled as begun, nothing is undone.
    BeforeUndo,
    /// Undone, not journalled.
    AfterUndo,
}

/// What is injected.
#[derive(Clone, Debug)]
pub enum Injected {
    /// The worker dies: nothing more is written.
    Crash,
    /// The step ends with this fault.
    Fault(Fault),
}

/// A crash or a fault of one step at one moment.
#[derive(Clone, Debug)]
pub struct Injection {
    /// The step's name.
    pub step: &'static str,
    /// The moment.
    pub moment: Moment,
    /// The crash or the fault.
    pub injected: Injected,
}

impl fmt::Display for Injection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, moment, injected } = self;
        match injected {
            Injected::Crash => write!(f, "crash at {step}, {moment:?}"),
            Injected::Fault(fault) => write!(f, "{:?} fault at {step}, {moment:?}", fault.kind),
        }
    }
}

/// The injections that are still to come. Only tests have any.
#[derive(Debug, Default)]
pub(crate) struct Injections(Mutex<Vec<Injection>>);

impl Injections {
    pub(crate) fn of(injections: Vec<Injection>) -> Self {
        Self(Mutex::new(injections))
    }

    /// Takes what is to be injected into this step at this moment, if anything: each injection happens once.
    pub(crate) fn take(&self, step: &str, moment: Moment) -> Option<Injected> {
        let mut left = self.0.lock().expect("no holder panics");
        let at = left.iter().position(|it| it.step == step && it.moment == moment)?;
        Some(left.remove(at).injected)
    }

    /// How many have not happened.
    pub(crate) fn left(&self) -> usize {
        self.0.lock().expect("no holder panics").len()
    }
}
