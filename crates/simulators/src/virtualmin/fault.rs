//! Faults that tests can inject: their kind, their programs and their number.

use serde::{Deserialize, Serialize};

/// A way for a call to fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// The server reads the request and never answers; nothing is done.
    Hang,
    /// The server sends the headers of a success and never the body; nothing is done.
    Stall,
    /// The server sends the headers of a success, so much of a body, and no more; nothing is done.
    Flood {
        /// The size in MiB.
        mib: u32,
    },
    /// The answer is an HTML error page with this status; nothing is done.
    Status {
        /// The HTTP status, such as 500 or 503.
        status: u16,
    },
    /// The answer is an HTML page with status 200, like the login page; nothing is done.
    HtmlPage,
    /// The program runs, and then the connection is cut without an answer.
    LostAfterEffect,
    /// The connection is cut, and nothing is done.
    LostBeforeEffect,
    /// The answer is the normal success, but nothing is done.
    SuccessWithoutEffect,
    /// The program ends with exit code 1 and this text; nothing is done.
    Failure {
        /// The text.
        error: String,
    },
    /// The program runs, and its answer ends in the middle of the body as if it were complete.
    TruncatedBody,
    /// If this mutation begins during others, all of them lose the `disabled` mark of their virtual server and
    /// leave it corrupt.
    OverlapCorrupts,
}

/// A fault and the calls that it hits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The kind of fault.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// The number of calls to hit; `None`: all until the faults are cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Hit only each `every`-th matching call (0 and 1: every one).
    #[serde(default)]
    pub every: u32,
    /// Hit only calls with this `domain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
}

impl Fault {
    /// A fault that hits each call until it is cleared.
    #[must_use]
    pub fn always(kind: FaultKind) -> Self {
        Self { kind, times: None, every: 1, domain: None }
    }

    /// A fault that hits the next call only.
    #[must_use]
    pub fn once(kind: FaultKind) -> Self {
        Self::always(kind).times(1)
    }

    /// Limits the fault to `times` calls.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// Limits the fault to each `every`-th matching call.
    #[must_use]
    pub fn every(self, every: u32) -> Self {
        Self { every, ..self }
    }

    /// Limits the fault to calls for `domain`.
    #[must_use]
    pub fn on(self, domain: &str) -> Self {
        Self { domain: Some(domain.to_lowercase()), ..self }
    }
}

/// A fault that is armed for a program; `*` is any program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Armed {
    /// The program.
    pub program: String,
    /// The fault.
    #[serde(flatten)]
    pub fault: Fault,
    /// Number of matching calls so far.
    #[serde(default)]
    pub seen: u32,
    /// Number of calls hit so far.
    #[serde(default)]
    pub hit: u32,
}

/// The armed faults, oldest first.
#[derive(Debug, Default)]
pub(super) struct Faults(pub(super) Vec<Armed>);

impl Faults {
    /// Takes the fault that hits this call, if any, and counts the hit.
    pub(super) fn take(&mut self, program: &str, domains: &[String]) -> Option<FaultKind> {
        self.take_where(program, domains, |kind| *kind != FaultKind::OverlapCorrupts)
    }

    /// Whether an overlap fault hits this call, so that it damages the mutations it overlaps with.
    pub(super) fn take_overlap(&mut self, program: &str, domains: &[String]) -> bool {
        self.take_where(program, domains, |kind| *kind == FaultKind::OverlapCorrupts).is_some()
    }

    fn take_where(
        &mut self,
        program: &str,
        domains: &[String],
        wanted: impl Fn(&FaultKind) -> bool,
    ) -> Option<FaultKind> {
        self.0
            .iter_mut()
            .filter(|armed| wanted(&armed.fault.kind))
            .find_map(|armed| armed.strikes(program, domains).then(|| armed.fault.kind.clone()))
    }
}

impl Armed {
    fn strikes(&mut self, program: &str, domains: &[String]) -> bool {
        let fault = &self.fault;
        let aims = (self.program == "*" || self.program == program)
            && fault
                .domain
                .as_ref()
                .is_none_or(|d| domains.iter().any(|own| own.eq_ignore_ascii_case(d)))
            && fault.times.is_none_or(|times| self.hit < times);
        self.seen += u32::from(aims);
        let strikes = aims && self.seen.is_multiple_of(fault.every.max(1));
        self.hit += u32::from(strikes);
        strikes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(program: &str, fault: Fault) -> Faults {
        Faults(vec![Armed { program: program.into(), fault, seen: 0, hit: 0 }])
    }

    #[test]
    fn a_fault_hits_its_program_and_domain_so_many_times() {
        let mut faults = faults("info", Fault::once(FaultKind::Hang).on("A.test"));
        let domains = ["a.test".to_owned()];
        assert_eq!(faults.take("list-domains", &domains), None);
        assert_eq!(faults.take("info", &[]), None);
        assert_eq!(faults.take("info", &domains), Some(FaultKind::Hang));
        assert_eq!(faults.take("info", &domains), None);
    }

    #[test]
    fn every_third_call_is_hit() {
        let mut faults = faults("*", Fault::always(FaultKind::HtmlPage).every(3));
        let hits: Vec<_> = (0..6).map(|_| faults.take("info", &[]).is_some()).collect();
        assert_eq!(hits, [false, false, true, false, false, true]);
    }

    #[test]
    fn an_overlap_is_no_fault_of_a_single_call() {
        let mut faults = faults("*", Fault::once(FaultKind::OverlapCorrupts));
        assert_eq!(faults.take("create-domain", &[]), None);
        assert!(faults.take_overlap("create-domain", &[]));
    }

    #[test]
    fn is_written_flat_in_json() {
        let text = r#"{"program":"info","kind":"status","status":503,"times":2}"#;
        let armed: Armed = serde_json::from_str(text).unwrap();
        assert_eq!(armed.fault, Fault::always(FaultKind::Status { status: 503 }).times(2).every(0));
    }
}
