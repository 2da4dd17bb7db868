//! The gate before one host: it closes when the host is out of service, so that no job repeats the call in vain.
//!
//! ```text
//! open ──a fault of the host, or too many of the last calls without an answer──▶ closed
//!   ▲                                                                            │
//!   └────────────reopened for one try, or by the news of a recovery──────────────┘
//! ```
//!
//! The gate keeps no time: whoever opens the host knows when a try is due, since all gateways share the pace of tries.

use std::sync::{Mutex, MutexGuard, PoisonError};

use model::{
    fault::{Effect, Fault, FaultKind, FaultReason},
    server::Stops,
};
use tokio::time::Instant;

use super::{breakers::State, window::Window};
use crate::settings::Live;

/// The gate before one host.
#[derive(Debug)]
pub(crate) struct Gate {
    settings: Live,
    state: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    /// The last calls.
    window: Window,
    /// The next call decides.
    is_tried: bool,
    closed: Option<Closed>,
    /// The last time that a program ran.
    answered_at: Option<Instant>,
    /// The last time that a changing program ended well.
    changed_at: Option<Instant>,
}

#[derive(Debug)]
struct Closed {
    fault: Fault,
    cause: Cause,
    /// When the fault was recorded. A row that was read before may not have it yet.
    told_at: Option<Instant>,
}

/// Why a gate is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The host does not answer. It may do so at any time again.
    Silence,
    /// The host refuses us. Somebody has to mend that.
    Refusal,
}

impl Gate {
    /// An open gate.
    pub(crate) fn new(settings: Live) -> Self {
        Self { settings, state: Mutex::default() }
    }

    /// Whether a call may go out.
    ///
    /// # Errors
    /// The fault that closed the gate.
    pub(crate) fn admit(&self) -> Result<(), Fault> {
        self.lock().closed.as_ref().map_or(Ok(()), |closed| Err(closed.fault.clone()))
    }

    /// Closes the gate, because the host refuses us.
    pub(crate) fn refused(&self, fault: &Fault) {
        self.lock().close(Cause::Refusal, fault.clone());
    }

    /// Records that the host did not answer, which closes the gate if it happens too often, or to the call that tries.
    pub(crate) fn unanswered(&self, fault: &Fault) {
        let settings = self.settings.now();
        let mut state = self.lock();
        state.window.note(false, Instant::now(), &settings);
        if state.is_tried || state.window.is_bad(&settings) {
            let calls = state.window.failed();
            let message = format!("the server did not answer {calls} calls of late: {fault}");
            let fault = Fault::new(FaultKind::OutOfService, message);
            state.close(Cause::Silence, fault.with_reason(FaultReason::PanelDown));
        }
    }

    /// Records that the host answered, with success or failure.
    pub(crate) fn answered(&self) {
        let mut state = self.lock();
        if std::mem::take(&mut state.is_tried) {
            state.window.clear();
        }
        state.window.note(true, Instant::now(), &self.settings.now());
    }

    /// Records at `now` that a program ran; `changed` if it is a changing one and ended well.
    pub(crate) fn ran(&self, changed: bool, now: Instant) {
        let mut state = self.lock();
        state.answered_at = Some(now);
        if changed {
            state.changed_at = Some(now);
        }
    }

    /// Opens the gate for a try. The next call without an answer closes it again.
    pub(crate) fn reopen(&self) {
        let mut state = self.lock();
        state.closed = None;
        state.is_tried = true;
    }

    /// What it lets through, in the words of breakers: an open gate is a closed breaker.
    pub(crate) fn state(&self) -> State {
        let inside = self.lock();
        match (&inside.closed, inside.is_tried) {
            (Some(_), _) => State::Open,
            (None, true) => State::HalfOpen,
            (None, false) => State::Closed,
        }
    }

    /// Opens the gate if its fault was recorded before `moment`, after which the host's row was read without a fault:
    /// another gateway has found the host well.
    pub(crate) fn recovered_by(&self, moment: Instant) {
        let mut state = self.lock();
        let told_at = state.closed.as_ref().and_then(|closed| closed.told_at);
        if told_at.is_some_and(|told_at| told_at < moment) {
            state.closed = None;
            state.window.clear();
            state.is_tried = false;
        }
    }

    /// Closes the gate for the fault of the host's row, which another gateway or an earlier process has recorded.
    pub(crate) fn heard(&self, fault: &Fault, now: Instant) {
        let mut state = self.lock();
        state.close(Cause::Silence, fault.clone());
        if let Some(closed) = &mut state.closed {
            closed.told_at = closed.told_at.or(Some(now));
        }
    }

    /// Whether no call may go out.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed.is_some()
    }

    /// The fault that closed the gate, if it is not recorded yet.
    pub(crate) fn untold(&self) -> Option<(Fault, Cause)> {
        let state = self.lock();
        let closed = state.closed.as_ref().filter(|closed| closed.told_at.is_none())?;
        Some((closed.fault.clone(), closed.cause))
    }

    /// Notes that the fault was recorded, at `now` at the latest.
    pub(crate) fn told(&self, now: Instant) {
        if let Some(closed) = &mut self.lock().closed {
            closed.told_at = Some(now);
        }
    }

    /// Whether the host has proved since `moment` that it does what a fault stopped.
    pub(crate) fn has_proved(&self, stopped: Stops, moment: Instant) -> bool {
        let state = self.lock();
        let proof = match stopped {
            Stops::Calls => state.answered_at,
            Stops::Changes => state.changed_at,
        };
        state.closed.is_none() && proof.is_some_and(|at| at >= moment)
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// Keeps the first fault. A call that it stops has no effect.
    fn close(&mut self, cause: Cause, fault: Fault) {
        let fault = fault.with_effect(Effect::NotApplied);
        self.closed.get_or_insert(Closed { fault, cause, told_at: None });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::settings::Settings;

    fn gate() -> Gate {
        Gate::new(Live::new(Settings { breaker_failures: 3, ..Settings::default() }).1)
    }

    fn silence() -> Fault {
        Fault::new(FaultKind::Timeout, "no answer").with_effect(Effect::Unknown)
    }

    fn refusal() -> Fault {
        Fault::new(FaultKind::OutOfService, "the panel refused our credentials")
    }

    #[test]
    fn closes_when_too_many_of_the_last_calls_were_not_answered() {
        let gate = gate();
        (0..2).for_each(|_| gate.unanswered(&silence()));
        (0..4).for_each(|_| gate.answered());
        (0..3).for_each(|_| gate.unanswered(&silence()));
        assert!(gate.admit().is_ok(), "five of nine");
        gate.unanswered(&silence());
        let fault = gate.admit().unwrap_err();
        assert_eq!((fault.kind, fault.effect), (FaultKind::OutOfService, Effect::NotApplied));
        assert_eq!(gate.untold().unwrap().1, Cause::Silence);
        assert_eq!(gate.state(), State::Open);
    }

    #[test]
    fn the_fault_of_the_row_closes_it_until_the_row_is_read_without() {
        let (gate, start) = (gate(), Instant::now());
        gate.heard(&refusal(), start);
        assert_eq!((gate.admit(), gate.untold()), (Err(refusal()), None));
        gate.recovered_by(start + Duration::from_secs(1));
        assert!(gate.admit().is_ok());
    }

    #[test]
    fn a_refusal_closes_at_once() {
        let gate = gate();
        gate.refused(&refusal());
        assert_eq!(gate.admit().unwrap_err(), refusal());
        assert_eq!(gate.untold(), Some((refusal(), Cause::Refusal)));
        gate.told(Instant::now());
        assert_eq!(gate.untold(), None);
        assert!(gate.is_closed());
    }

    #[test]
    fn the_try_decides() {
        let gate = gate();
        (0..3).for_each(|_| gate.unanswered(&silence()));
        gate.reopen();
        assert!(gate.admit().is_ok());
        assert_eq!(gate.state(), State::HalfOpen);
        gate.unanswered(&silence());
        assert!(gate.admit().is_err());
        gate.reopen();
        gate.answered();
        gate.unanswered(&silence());
        assert!(gate.admit().is_ok());
    }

    #[test]
    fn a_row_that_was_read_before_the_fault_was_recorded_does_not_open_it() {
        let (gate, start) = (gate(), Instant::now());
        gate.refused(&refusal());
        gate.recovered_by(start + Duration::from_secs(1));
        assert!(gate.is_closed(), "nobody has recorded it yet");
        gate.told(start + Duration::from_secs(2));
        gate.recovered_by(start + Duration::from_secs(1));
        assert!(gate.is_closed());
        gate.recovered_by(start + Duration::from_secs(3));
        assert!(!gate.is_closed());
    }

    #[test]
    fn a_reading_call_proves_nothing_about_changes() {
        let (gate, start) = (gate(), Instant::now());
        gate.ran(false, start);
        assert!(gate.has_proved(Stops::Calls, start) && !gate.has_proved(Stops::Changes, start));
        gate.ran(true, start);
        assert!(gate.has_proved(Stops::Changes, start));
        assert!(!gate.has_proved(Stops::Changes, start + Duration::from_secs(1)));
        gate.refused(&refusal());
        assert!(!gate.has_proved(Stops::Calls, start));
    }
}
