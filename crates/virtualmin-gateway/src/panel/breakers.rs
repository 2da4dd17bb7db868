//! The breakers of single programs of one host: a program that keeps failing is left alone for a while, the others go on.
//!
//! ```text
//! closed ──a bad share of failures──▶ open ──a while later──▶ half-open: one call tries
//!    ▲                                  ▲                        │
//!    └────────────an answer─────────────┼────────────────────────┤
//!                                       └───────no answer────────┘
//! ```

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use model::fault::{Fault, FaultKind, FaultReason};
use tokio::time::Instant;

use super::window::Window;
use crate::settings::Live;

/// When to come back while another call tries.
const SOON: Duration = Duration::from_secs(1);

/// The breakers, by program.
#[derive(Debug)]
pub(crate) struct Breakers {
    settings: Live,
    programs: Mutex<HashMap<&'static str, Breaker>>,
}

#[derive(Debug, Default)]
struct Breaker {
    window: Window,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    until: Instant,
    /// A call tries whether the program works again.
    is_tried: bool,
    /// The reason of the last fault, by which the caller may find another way.
    reason: Option<FaultReason>,
}

/// What a breaker lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Every call.
    Closed,
    /// One call, which decides.
    HalfOpen,
    /// None.
    Open,
}

impl State {
    /// Every state.
    pub(crate) const ALL: [Self; 3] = [Self::Closed, Self::HalfOpen, Self::Open];

    /// The word in metrics and in our contract.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half_open",
            Self::Open => "open",
        }
    }
}

impl Breakers {
    /// All closed.
    pub(crate) fn new(settings: Live) -> Self {
        Self { settings, programs: Mutex::default() }
    }

    /// Whether a call of the program may go out. If it may, [`note`](Self::note) must follow.
    ///
    /// # Errors
    /// `Unavailable` with the time of the next try.
    pub(crate) fn admit(&self, program: &'static str, now: Instant) -> Result<(), Fault> {
        let mut programs = self.lock();
        let Some(Breaker { open: Some(open), .. }) = programs.get_mut(program) else {
            return Ok(());
        };
        let left = open.until.saturating_duration_since(now);
        if left.is_zero() && !open.is_tried {
            open.is_tried = true;
            return Ok(());
        }
        let message =
            format!("the program {program} kept failing on this server; it is tried again soon");
        let fault = Fault::new(FaultKind::Unavailable, message).retry_after(left.max(SOON));
        Err(Fault { reason: open.reason, ..fault })
    }

    /// Notes that the program was answered, or the fault in place of an answer.
    pub(crate) fn note(&self, program: &'static str, fault: Option<&Fault>, now: Instant) {
        let settings = self.settings.now();
        let mut programs = self.lock();
        let breaker = programs.entry(program).or_default();
        let was_tried = breaker.open.as_mut().is_some_and(|it| std::mem::take(&mut it.is_tried));
        let Some(fault) = fault else {
            breaker.window.note(true, now, &settings);
            if breaker.open.take().is_some() {
                breaker.window.clear();
            }
            return;
        };
        // Other faults tell nothing about the program: the call did not get so far, or the host refuses us.
        if !matches!(fault.kind, FaultKind::Unavailable | FaultKind::Timeout | FaultKind::Protocol)
        {
            return;
        }
        breaker.window.note(false, now, &settings);
        if was_tried || (breaker.open.is_none() && breaker.window.is_bad(&settings)) {
            let until = now + jittered(settings.breaker_pause_seconds);
            breaker.open = Some(Open { until, is_tried: false, reason: fault.reason });
        }
    }

    /// The programs whose breakers are not closed.
    pub(crate) fn open(&self) -> Vec<(&'static str, State)> {
        let state = |open: &Open| if open.is_tried { State::HalfOpen } else { State::Open };
        let programs = self.lock();
        let mut open: Vec<_> = programs
            .iter()
            .filter_map(|(name, it)| Some((*name, state(it.open.as_ref()?))))
            .collect();
        open.sort_unstable_by_key(|(name, _)| *name);
        open
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<&'static str, Breaker>> {
        self.programs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Half as long to one and a half times as long, so that the tries of many gateways spread.
fn jittered(seconds: u64) -> Duration {
    Duration::from_secs(seconds).mul_f64(0.5 + fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    const PROGRAM: &str = "list-domains";
    /// Longer than any pause of these breakers.
    const LATER: Duration = Duration::from_secs(16);

    fn silence() -> Fault {
        Fault::new(FaultKind::Timeout, "no answer")
    }

    fn open(now: Instant) -> Breakers {
        let settings =
            Settings { breaker_failures: 2, breaker_pause_seconds: 10, ..Settings::DEFAULT };
        let breakers = Breakers::new(Live::new(settings).1);
        for _ in 0..2 {
            breakers.admit(PROGRAM, now).unwrap();
            breakers.note(PROGRAM, Some(&silence()), now);
        }
        breakers
    }

    #[test]
    fn a_program_that_keeps_failing_is_left_alone_and_the_others_are_not() {
        let now = Instant::now();
        let breakers = open(now);
        let fault = breakers.admit(PROGRAM, now).unwrap_err();
        assert!(fault.kind.is_transient() && fault.retry_after_seconds.is_some());
        breakers.admit("info", now).unwrap();
        assert_eq!(breakers.open(), [(PROGRAM, State::Open)]);
    }

    #[test]
    fn one_call_tries_and_its_answer_decides() {
        let start = Instant::now();
        let (breakers, now) = (open(start), start + LATER);
        breakers.admit(PROGRAM, now).unwrap();
        assert_eq!(breakers.open(), [(PROGRAM, State::HalfOpen)]);
        breakers.admit(PROGRAM, now).unwrap_err();
        breakers.note(PROGRAM, Some(&silence()), now);
        breakers.admit(PROGRAM, now).unwrap_err();
        let now = now + LATER;
        breakers.admit(PROGRAM, now).unwrap();
        breakers.note(PROGRAM, Some(&Fault::new(FaultKind::Busy, "crowded")), now);
        breakers.admit(PROGRAM, now).unwrap();
        breakers.note(PROGRAM, None, now);
        assert_eq!(breakers.open(), []);
        breakers.note(PROGRAM, Some(&silence()), now);
        breakers.admit(PROGRAM, now).unwrap();
    }
}
