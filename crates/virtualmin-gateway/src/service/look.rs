//! Reads a virtual server before and after a change: whether it is the one meant, and whether the change took
//! effect.

use model::{
    account::Account,
    domain::DomainName,
    fault::{Effect, Fault, FaultKind},
    fence::Object,
    ids::AccountId,
};
use tokio::time::Instant;

use crate::panel::{client::Panel, domains::Domain};

/// The virtual server of a change, and the account whose mark identifies it.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) domain: DomainName,
    /// The account that our mark in its description names; `None` for a virtual server that no account claims and that
    /// has no mark of ours.
    pub(super) account: Option<AccountId>,
}

impl Target {
    /// The virtual server as the fence knows it.
    pub(super) fn object(&self) -> Object {
        match self.account {
            Some(account) => Object::Account(account, self.domain.clone()),
            None => Object::Unclaimed(self.domain.clone()),
        }
    }

    /// The reason why a virtual server with this description is not the one meant.
    fn refuses(&self, description: &str) -> Option<&'static str> {
        match self.account {
            Some(account) if Account::marker(account) != description => {
                Some("is on this server but not ours: its description is not our mark")
            }
            None if Account::is_marker(description) => {
                Some("carries a mark of ours, so an account claimed it once")
            }
            Some(_) | None => None,
        }
    }
}

/// The virtual server before a change; `None` if the panel answers that it does not exist.
///
/// # Errors
/// `Conflict` if it is not the one meant; faults of the panel.
pub(super) async fn before(
    panel: &Panel,
    target: &Target,
    deadline: Instant,
) -> Result<Option<Domain>, Fault> {
    let seen = panel.domain(target.domain.as_str(), false, deadline).await?;
    match seen.as_ref().and_then(|it| target.refuses(&it.description)) {
        Some(why) => Err(Fault::new(FaultKind::Conflict, format!("{} {why}", target.domain))),
        None => Ok(seen),
    }
}

/// As [`before`], for a virtual server that must exist.
///
/// # Errors
/// Those of [`before`], and `NotFound`.
pub(super) async fn present(
    panel: &Panel,
    target: &Target,
    deadline: Instant,
) -> Result<Domain, Fault> {
    before(panel, target, deadline)
        .await?
        .ok_or_else(|| Fault::not_found("virtual server", &target.domain))
}

/// The virtual server after a change that the panel called a success.
///
/// # Errors
/// Faults of the panel; each leaves the effect of the change unknown.
pub(super) async fn after(
    panel: &Panel,
    target: &Target,
    deadline: Instant,
) -> Result<Option<Domain>, Fault> {
    before(panel, target, deadline).await.map_err(|fault| fault.with_effect(Effect::Unknown))
}

/// What was changed, as it is after a change that took effect, unless a step of the change failed.
///
/// # Errors
/// `Unavailable` if a step failed; a repeat may complete the change.
pub(super) fn whole<T>(seen: T, step: Option<String>) -> Result<T, Fault> {
    let Some(step) = step else { return Ok(seen) };
    let message = "the panel carried out only a part of the change";
    let fault = Fault::new(FaultKind::Unavailable, message);
    Err(fault.caused_by(step).with_effect(Effect::Unknown))
}

/// The step of a program that leaves a protected virtual server as it is, and calls that a success.
const PROTECTED: &str = ".. skip : protected domain";

/// The fault of a change that the panel called a success and that the look did not find. A repeat may have the effect,
/// unless the virtual server is protected.
pub(super) fn without_effect(what: &str, step: Option<String>) -> Fault {
    let message = format!("the panel said success, but {what}");
    let kind = match step.as_deref() {
        Some(PROTECTED) => FaultKind::Refused,
        _ => FaultKind::Protocol,
    };
    let fault = Fault::new(kind, message).with_effect(Effect::Unknown);
    match step {
        Some(step) => fault.caused_by(step),
        None => fault,
    }
}
