//! Changes the settings of a virtual server that is ours, one call of the panel after another.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{
    fault::{Effect, Fault},
    fence,
};
use tokio::time::Instant;

use super::{protection, wanted::Wanted};
use crate::{
    panel::{
        client::Panel,
        domains::Domain,
        faults::{Error, unreadable},
        settings::{self, Settings},
    },
    servers::Server,
    service::{
        Asked, Call, Gateway,
        look::{self, Target},
        proof::{Change, prove},
        requests,
    },
};

/// Serves `ModifyDomain`.
///
/// # Errors
/// `Invalid` with the field; `Conflict` if the virtual server is not ours; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::ModifyDomainRequest>,
) -> Result<Domain, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let v1::ModifyDomainRequest {
        server_id, fence, limits, counts, plan, email, protected, ..
    } = message;
    let wanted = Wanted { limits, counts, plan, email };
    // A request that cannot be sent fails before it waits for its turn.
    let domain = target.domain.as_str();
    let (settings, numbers) = (wanted.settings(domain)?, wanted.numbers(domain)?);
    let ours = target.clone();
    let asked = Asked { server: &server_id, fence, change: fence::Change::Modify, target };
    let work = async move |server: Arc<Server>, mut seen: Domain| {
        let panel = &server.panel;
        if let Some(request) = settings {
            let otherwise = "its quota, transfer, plan or address is another; a plan that the panel does not have changes nothing";
            let change = Change { request, there_already: None, otherwise };
            let has = |it: &(Domain, Settings)| wanted.has_settings(&it.0, &it.1);
            let look = async || Ok(read(panel, &ours, deadline).await?.filter(has));
            (seen, _) = prove(panel, change, deadline, look).await?;
        }
        if let Some(request) = numbers {
            let otherwise = "it may have another number of things";
            let change = Change { request, there_already: None, otherwise };
            let has = |it: &(Domain, Settings)| wanted.has_numbers(&it.1);
            let look = async || Ok(read(panel, &ours, deadline).await?.filter(has));
            (seen, _) = prove(panel, change, deadline, look).await?;
        }
        let protected = match protected {
            None => Ok(()),
            Some(true) => protection::set(panel, &seen.name, deadline).await,
            Some(false) => protection::lift(panel, &seen.name, deadline).await,
        };
        protected.map(|()| seen).map_err(|fault| fault.with_effect(Effect::Unknown))
    };
    gateway.change_ours(asked, deadline, work).await
}

/// The virtual server with its settings; `None` if it is gone.
async fn read(
    panel: &Panel,
    target: &Target,
    deadline: Instant,
) -> Result<Option<(Domain, Settings)>, Fault> {
    let Some(seen) = look::before(panel, target, deadline).await? else { return Ok(None) };
    let listing = settings::listing(&seen.name).map_err(Error::from)?;
    let listed = panel.records::<Settings>(&listing, deadline).await?;
    match <[Settings; 1]>::try_from(listed) {
        Ok([settings]) => Ok(Some((seen, settings))),
        Err(_) => Err(unreadable("the listing is not of one virtual server")),
    }
}
