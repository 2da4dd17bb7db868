//! Crashes and faults that tests inject into running jobs, at the moments around an effect.

use std::{fmt, sync::Mutex};

use model::fault::Fault;

/// A moment in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The start is journalled, the effect has not happened.
    BeforeEffect,
    /// The effect has happened, and is not journalled.
    AfterEffect,
    /// The effect has happened and is journalled.
    AfterRecord,
    /// The start of the undo is journalled, the effect still exists.
    BeforeUndo,
    /// The effect is undone, and this is not journalled.
    AfterUndo,
}

/// A crash or a fault to inject.
#[derive(Clone, Debug)]
pub enum Injected {
    /// The worker dies: nothing more is written.
    Crash,
    /// The step ends with this fault.
    Fault(Fault),
}

/// A crash or a fault to inject into one step at one moment.
#[derive(Clone, Debug)]
pub struct Injection {
    /// The name of the step.
    pub step: &'static str,
    /// The moment in the step.
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

/// The injections that have not happened yet. Only tests use any.
#[derive(Debug, Default)]
pub(crate) struct Injections(Mutex<Vec<Injection>>);

impl Injections {
    pub(crate) fn of(injections: Vec<Injection>) -> Self {
        Self(Mutex::new(injections))
    }

    /// Takes the injection for this step at this moment, if there is one. Each injection happens once.
    pub(crate) fn take(&self, step: &str, moment: Moment) -> Option<Injected> {
        let mut left = self.0.lock().expect("no holder panics");
        let at = left.iter().position(|it| it.step == step && it.moment == moment)?;
        Some(left.remove(at).injected)
    }

    pub(crate) fn left(&self) -> usize {
        self.0.lock().expect("no holder panics").len()
    }
}
