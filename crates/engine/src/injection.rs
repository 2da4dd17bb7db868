//! Where a test may strike a job that runs: the moments around an effect, and what may happen there.

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

/// What happens then.
#[derive(Clone, Debug)]
pub enum Blow {
    /// The worker dies: nothing more is written.
    Crash,
    /// The step ends with this fault.
    Fault(Fault),
}

/// A blow to one step at one moment.
#[derive(Clone, Debug)]
pub struct Mishap {
    /// The step's name.
    pub step: &'static str,
    /// When.
    pub moment: Moment,
    /// What.
    pub blow: Blow,
}

impl fmt::Display for Mishap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, moment, blow } = self;
        match blow {
            Blow::Crash => write!(f, "crash at {step}, {moment:?}"),
            Blow::Fault(fault) => write!(f, "{:?} fault at {step}, {moment:?}", fault.kind),
        }
    }
}

/// The blows that are still to come. A product run has none.
#[derive(Debug, Default)]
pub(crate) struct Mishaps(Mutex<Vec<Mishap>>);

impl Mishaps {
    pub(crate) fn of(mishaps: Vec<Mishap>) -> Self {
        Self(Mutex::new(mishaps))
    }

    /// Takes the blow that strikes here and now, if there is one: it strikes once.
    pub(crate) fn strike(&self, step: &str, moment: Moment) -> Option<Blow> {
        let mut left = self.0.lock().expect("no holder panics");
        let at = left.iter().position(|it| it.step == step && it.moment == moment)?;
        Some(left.remove(at).blow)
    }

    /// How many have not struck.
    pub(crate) fn left(&self) -> usize {
        self.0.lock().expect("no holder panics").len()
    }
}
