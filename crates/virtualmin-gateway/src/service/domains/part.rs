//! A sub-server or an alias server of a virtual server that is ours: the part that is meant, and no other.

use model::{
    domain::DomainName,
    fault::{Fault, FaultKind},
};
use tokio::time::Instant;

use crate::{
    panel::{client::Panel, domains::Domain},
    service::look::{self, Target},
};

/// The part `name` of the virtual server that is `whole`; `None` if it does not exist.
///
/// # Errors
/// `Conflict` if a virtual server of this name has not the same mark, or belongs to another; faults of the panel.
pub(super) async fn find(
    panel: &Panel,
    whole: &Target,
    name: &DomainName,
    deadline: Instant,
) -> Result<Option<Domain>, Fault> {
    let target = Target { domain: name.clone(), account: whole.account };
    let found = look::before(panel, &target, deadline).await?;
    match found {
        Some(found) if found.parent != whole.domain.as_str() => {
            let message =
                format!("{name} is on this server, but does not belong to {}", whole.domain);
            Err(Fault::new(FaultKind::Conflict, message))
        }
        found => Ok(found),
    }
}
