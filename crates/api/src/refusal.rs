//! A refused request: the fault, and the HTTP status where it is not that of the fault's kind.

use http::StatusCode;
use model::fault::Fault;

/// Why a request did not reach its handler.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) fault: Fault,
    /// The status in REST; `None` for that of the fault's kind.
    pub(crate) status: Option<StatusCode>,
}

impl Refusal {
    pub(crate) fn with(status: StatusCode, fault: Fault) -> Self {
        Self { fault, status: Some(status) }
    }

    /// There is no place for the request now. It is not the caller's fault that others are faster, so the status is
    /// that of an overloaded service.
    pub(crate) fn full(fault: Fault) -> Self {
        Self::with(StatusCode::SERVICE_UNAVAILABLE, fault)
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self { fault, status: None }
    }
}
