//! The origin of audit rows and events: an actor, with the ids of the call under way.

use chassis::propagation::{self, Correlation};
use model::job::Origin;

pub(crate) fn of(actor: String) -> Origin {
    let correlation = Correlation::current().unwrap_or_else(Correlation::generate);
    Origin {
        actor,
        correlation_id: correlation.to_string(),
        traceparent: propagation::current_traceparent(),
        client_address: None,
    }
}
