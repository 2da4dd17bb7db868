//! Restarts a server of a host, such as its web server.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{
    fault::{Effect, Fault},
    fence::{self, Object},
};

use crate::{
    panel::{
        errors::failed_steps,
        faults::Error,
        programs,
        request::Request,
        status::{self, Service},
    },
    servers::Server,
    service::{
        Call, Gateway,
        look::{whole, without_effect},
    },
};

/// Serves `RestartService`. A look tells only whether it runs, and not whether it was restarted, so that a lost answer leaves
/// the effect unknown; a repeat does no harm.
///
/// # Errors
/// `Invalid` with the field; `Unavailable` if it does not start; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::RestartServiceRequest>,
) -> Result<Service, Fault> {
    let v1::RestartServiceRequest { server_id, fence, name, id, reload } = message;
    let request = Request::new(&programs::hosts::RESTART_SERVICE)
        .value("server", &name)
        .and_then(|it| if id.is_empty() { Ok(it) } else { it.value("version", &id) })
        .and_then(|it| if reload { it.switch("reload") } else { Ok(it) })
        .map_err(Error::from)?;
    let fence = gateway.admit(&server_id, fence, fence::Change::Restart, Object::Host).await?;
    let work = async move |server: Arc<Server>| {
        let panel = &server.panel;
        let output = panel.run(request, deadline).await?;
        let step = failed_steps(&output, &[]);
        let services = panel.records::<Service>(&status::services(), deadline).await;
        let services = services.map_err(|it| Fault::from(it).with_effect(Effect::Unknown))?;
        let is_it = |it: &Service| it.name == name && (id.is_empty() || it.id == id) && it.up;
        match services.into_iter().find(is_it) {
            Some(service) => whole(service, step),
            None => Err(without_effect("the server does not run", step)),
        }
    };
    gateway.change(fence, deadline, work).await
}
