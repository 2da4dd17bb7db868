//! The fault of a place or a name that another account has taken since the look.

use model::{
    account::Account,
    fault::{Fault, FaultKind},
};
use store::Error;

/// The fault for a place that another account has taken.
pub(super) fn taken_meanwhile(error: Error, account: &Account) -> Fault {
    let domain = &account.domain;
    let fault = if error.is_taken("accounts_live_username") {
        // Another account has taken the name since the look: the next try chooses another.
        Fault::new(FaultKind::Busy, "the user name was taken a moment ago: another is chosen")
    } else if error.is_taken("accounts_live_domain") {
        Fault::new(FaultKind::Conflict, format!("{domain} belongs to another account by now"))
    } else if error.is_taken("accounts_live_service") {
        Fault::new(FaultKind::Conflict, "the service has another account by now")
    } else {
        return error.into();
    };
    fault.caused_by(error)
}
