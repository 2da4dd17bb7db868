//! Turns an answer of the gateway, or its absence, into a fault of the host or of the change.

use std::error::Error;

use contracts::status;
use model::fault::{Effect, Fault, FaultKind};
use tonic::{Code, ConnectError, Status};

/// Why a host could not be read.
#[derive(Clone, Debug)]
pub enum Unread {
    /// The host does not answer as it should.
    Host(Fault),
    /// The gateway did not reach the host, or not in time. The fault proves nothing about the host.
    Gateway(Fault),
}

impl Unread {
    /// The fault of either.
    pub fn fault(&self) -> &Fault {
        match self {
            Self::Host(fault) | Self::Gateway(fault) => fault,
        }
    }
}

impl From<Unread> for Fault {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Host(fault) | Unread::Gateway(fault) => fault,
        }
    }
}

/// The fault of a reading call, which has never changed anything.
pub(crate) fn unread(status: &Status) -> Unread {
    let fault = failed(status).with_effect(Effect::NotApplied);
    if Error::source(status).is_some() || is_stranger(status) {
        return Unread::Gateway(fault);
    }
    match fault.kind {
        FaultKind::Internal
        | FaultKind::Busy
        | FaultKind::RateLimited
        | FaultKind::Invalid
        | FaultKind::NotFound => Unread::Gateway(fault),
        FaultKind::Unauthenticated
        | FaultKind::Denied
        | FaultKind::Conflict
        | FaultKind::Refused
        | FaultKind::OverQuota
        | FaultKind::OutOfService
        | FaultKind::Unavailable
        | FaultKind::Timeout
        | FaultKind::Protocol => Unread::Host(fault),
    }
}

/// The fault of a call: the gateway's own, or the one that follows from a missing answer.
///
/// tonic gives a status a source only if it made the status on this side, because no answer came. Only a
/// connection that never opened proves that nothing was done.
pub(crate) fn failed(status: &Status) -> Fault {
    if is_stranger(status) {
        // Somebody has to mend the list or our certificate, and the job is right: it waits.
        return Fault::new(FaultKind::Unavailable, "the gateway takes no calls of this service")
            .caused_by(status.message());
    }
    let Some(source) = Error::source(status) else { return status::from_status(status) };
    if never_connected(source) {
        return Fault::new(FaultKind::Unavailable, "the gateway cannot be reached")
            .caused_by(status.message());
    }
    let fault = match status.code() {
        Code::Cancelled | Code::DeadlineExceeded => {
            Fault::new(FaultKind::Timeout, "the gateway did not answer in time")
        }
        _ => Fault::new(FaultKind::Unavailable, "the connection to the gateway broke"),
    };
    fault.with_effect(Effect::Unknown).caused_by(status.message())
}

/// Whether the gateway refuses this service, whose certificate is not on its list. What it refuses to a service on the
/// list has details.
fn is_stranger(status: &Status) -> bool {
    status.code() == Code::PermissionDenied && status.details().is_empty()
}

fn never_connected(error: &(dyn Error + 'static)) -> bool {
    error.is::<ConnectError>() || error.source().is_some_and(never_connected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_the_gateway_keeps_its_kind_and_effect() {
        let said =
            Fault::new(FaultKind::Busy, "others change the server").with_effect(Effect::NotApplied);
        assert_eq!(failed(&status::to_status(&said)), said);
    }

    #[test]
    fn a_gateway_that_does_not_list_us_is_no_fault_of_the_host_or_the_order() {
        let stranger = Status::permission_denied("not on the list");
        let fault = failed(&stranger);
        assert_eq!((fault.kind, fault.effect), (FaultKind::Unavailable, Effect::NotApplied));
        assert!(matches!(unread(&stranger), Unread::Gateway(_)));
        let denied = status::to_status(&Fault::new(FaultKind::Denied, "another tenant's"));
        assert_eq!(failed(&denied).kind, FaultKind::Denied);
    }

    #[test]
    fn a_fault_reported_about_the_panel_is_the_hosts() {
        for (kind, of_host) in [
            (FaultKind::Unavailable, true),
            (FaultKind::OutOfService, true),
            (FaultKind::Refused, true),
            (FaultKind::Busy, false),
            (FaultKind::Internal, false),
        ] {
            let unread = unread(&status::to_status(&Fault::new(kind, "said")));
            assert_eq!(matches!(unread, Unread::Host(_)), of_host, "{unread:?}");
        }
    }
}
