//! Converts faults to gRPC statuses and back, by one table.
//!
//! The status contains `ErrorInfo` (reason = the fault's kind, metadata `effect` and `reason`), `BadRequest` with the
//! wrong fields, and `RetryInfo` only if a retry is safe (google.rpc error details, AIP-193).

use std::{collections::HashMap, time::Duration};

use model::fault::{Effect, Fault, FaultKind, Violation};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

/// The domain in `ErrorInfo`, which identifies statuses of our services.
const DOMAIN: &str = "provisioning.praho";

/// The gRPC code of a kind of fault.
pub fn code(kind: FaultKind) -> Code {
    match kind {
        FaultKind::Invalid => Code::InvalidArgument,
        FaultKind::Unauthenticated => Code::Unauthenticated,
        FaultKind::Denied => Code::PermissionDenied,
        FaultKind::NotFound => Code::NotFound,
        FaultKind::Conflict => Code::AlreadyExists,
        FaultKind::Refused => Code::FailedPrecondition,
        FaultKind::OverQuota | FaultKind::RateLimited => Code::ResourceExhausted,
        FaultKind::Busy => Code::Aborted,
        FaultKind::OutOfService | FaultKind::Unavailable => Code::Unavailable,
        FaultKind::Timeout => Code::DeadlineExceeded,
        FaultKind::Protocol => Code::DataLoss,
        FaultKind::Internal => Code::Internal,
    }
}

/// A fault as a gRPC status, without its cause, which is only for our own log.
pub fn to_status(fault: &Fault) -> Status {
    let effect = fault.effect.as_str().to_owned();
    let mut metadata = HashMap::from([("effect".to_owned(), effect)]);
    if let Some(reason) = fault.reason {
        metadata.insert("reason".to_owned(), reason.as_str().to_owned());
    }
    let mut details = ErrorDetails::with_error_info(fault.kind.as_str(), DOMAIN, metadata);
    if !fault.violations.is_empty() {
        let wrong = fault.violations.iter().map(|it| FieldViolation::new(&it.field, &it.message));
        details.set_bad_request(wrong.collect::<Vec<_>>());
    }
    if fault.kind.is_transient()
        && fault.effect == Effect::NotApplied
        && let Some(seconds) = fault.retry_after_seconds
    {
        details.set_retry_info(Some(Duration::from_secs(seconds)));
    }
    Status::with_error_details(code(fault.kind), &fault.message, details)
}

/// A gRPC status as a fault. A status that none of our services made (a broken transport, a passed deadline)
/// may come after the effect, so its effect is [`Effect::Unknown`].
pub fn from_status(status: &Status) -> Fault {
    let details = status.get_error_details();
    let info = details.error_info().filter(|it| it.domain == DOMAIN);
    let kind = info
        .and_then(|it| FaultKind::ALL.into_iter().find(|kind| kind.as_str() == it.reason))
        .unwrap_or_else(|| kind_of(status.code()));
    let effect = info.and_then(|it| it.metadata.get("effect")?.parse().ok());
    let effect = effect.unwrap_or(Effect::Unknown);
    let reason = info.and_then(|it| it.metadata.get("reason")).and_then(|it| it.parse().ok());
    let violations = details.bad_request().into_iter().flat_map(|it| &it.field_violations);
    Fault {
        reason,
        violations: violations
            .map(|it| Violation { field: it.field.clone(), message: it.description.clone() })
            .collect(),
        retry_after_seconds: details
            .retry_info()
            .and_then(|it| it.retry_delay)
            .map(|it| it.as_secs()),
        ..Fault::new(kind, status.message()).with_effect(effect)
    }
}

fn kind_of(code: Code) -> FaultKind {
    match code {
        Code::InvalidArgument | Code::OutOfRange => FaultKind::Invalid,
        Code::Unauthenticated => FaultKind::Unauthenticated,
        Code::PermissionDenied => FaultKind::Denied,
        Code::NotFound => FaultKind::NotFound,
        Code::AlreadyExists => FaultKind::Conflict,
        Code::FailedPrecondition => FaultKind::Refused,
        Code::ResourceExhausted => FaultKind::RateLimited,
        Code::Aborted => FaultKind::Busy,
        Code::Unavailable | Code::Cancelled | Code::Unknown => FaultKind::Unavailable,
        Code::DeadlineExceeded => FaultKind::Timeout,
        Code::DataLoss => FaultKind::Protocol,
        Code::Internal | Code::Unimplemented | Code::Ok => FaultKind::Internal,
    }
}

#[cfg(test)]
mod tests {
    use model::fault::FaultReason;

    use super::*;

    #[test]
    fn a_fault_survives_the_wire() {
        for kind in FaultKind::ALL {
            for effect in [Effect::Applied, Effect::NotApplied, Effect::Unknown] {
                let fault = Fault::new(kind, "what happened").with_effect(effect);
                assert_eq!(from_status(&to_status(&fault)), fault);
            }
        }
    }

    #[test]
    fn the_exact_reason_survives_the_wire() {
        let fault =
            Fault::new(FaultKind::Conflict, "taken").with_reason(FaultReason::UsernameTaken);
        assert_eq!(from_status(&to_status(&fault)), fault);
    }

    #[test]
    fn wrong_fields_survive_the_wire() {
        let fault = Fault::invalid("domain", "has no dot");
        assert_eq!(from_status(&to_status(&fault)), fault);
    }

    #[test]
    fn a_broken_connection_leaves_the_effect_unknown() {
        let fault = from_status(&Status::unavailable("connection reset"));
        assert_eq!((fault.kind, fault.effect), (FaultKind::Unavailable, Effect::Unknown));
    }

    #[test]
    fn the_cause_stays_behind() {
        let status = to_status(&Fault::internal("relation \"x\" does not exist"));
        assert!(!format!("{status:?}").contains("relation"));
    }
}
