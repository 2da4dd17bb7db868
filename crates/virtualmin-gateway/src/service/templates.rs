//! The panel's templates, of which the gRPC service `Plans` tells.

use std::{collections::BTreeMap, sync::Arc};

use contracts::gateway::v1;
use model::{
    fault::Fault,
    fence::{self, Object},
};
use tokio::time::Instant;

use super::{
    Call, Gateway,
    proof::{Change, prove},
};
use crate::{
    panel::{
        client::Panel,
        faults::Error,
        programs::plans,
        reason::Reason,
        request::Request,
        templates::{self, Template},
    },
    servers::{Purpose, Server},
};

impl From<Template> for v1::PanelTemplate {
    fn from(Template { id, name }: Template) -> Self {
        Self { id, name }
    }
}

/// Serves `ListTemplates`.
pub(super) async fn list(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::ListTemplatesRequest>,
) -> Result<v1::ListTemplatesResponse, Fault> {
    let work = async move |server: Arc<Server>| all(&server.panel, deadline).await;
    let templates = gateway.read(&message.server_id, Purpose::Read, deadline, work).await?;
    Ok(v1::ListTemplatesResponse { templates: templates.into_iter().map(Into::into).collect() })
}

/// Serves `GetTemplate`.
pub(super) async fn get(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::GetTemplateRequest>,
) -> Result<v1::GetTemplateResponse, Fault> {
    let getting = templates::getting(&message.id).map_err(Error::from)?;
    let work = async move |server: Arc<Server>| settings(&server.panel, &getting, deadline).await;
    let settings = gateway.read(&message.server_id, Purpose::Read, deadline, work).await?;
    Ok(v1::GetTemplateResponse { settings: settings.into_iter().collect() })
}

/// Serves `CreateTemplate`.
///
/// # Errors
/// `Invalid` with the field; `NotFound` if there is none to copy; faults of the panel.
pub(super) async fn create(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::CreateTemplateRequest>,
) -> Result<Template, Fault> {
    let v1::CreateTemplateRequest { server_id, fence, name, copy_of } = message;
    let request = Request::new(&plans::CREATE_TEMPLATE)
        .value("name", &name)
        .and_then(|it| it.value("clone", &copy_of))
        .map_err(Error::from)?;
    let fence = gateway.admit(&server_id, fence, fence::Change::Plans, Object::Host).await?;
    let work = async move |server: Arc<Server>| {
        let panel = &server.panel;
        let look = async || {
            Ok::<_, Fault>(all(panel, deadline).await?.into_iter().find(|it| it.name == name))
        };
        if let Some(template) = look().await? {
            return Ok(template);
        }
        let there_already = Some(Reason::Exists);
        let change = Change { request, there_already, otherwise: "the template is not there" };
        prove(panel, change, deadline, look).await
    };
    gateway.change(fence, deadline, work).await
}

/// Serves `ModifyTemplate`.
///
/// # Errors
/// `Invalid` with the field; `NotFound` if there is no such template; faults of the panel.
pub(super) async fn modify(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::ModifyTemplateRequest>,
) -> Result<v1::ModifyTemplateResponse, Fault> {
    let v1::ModifyTemplateRequest { server_id, fence, id, settings: wanted } = message;
    if wanted.is_empty() {
        return Err(Fault::invalid("settings", "are empty; give one or more"));
    }
    let getting = templates::getting(&id).map_err(Error::from)?;
    let request = Request::new(&plans::MODIFY_TEMPLATE).value("id", &id).map_err(Error::from)?;
    // The panel pairs names and values by their order.
    let sorted: BTreeMap<_, _> = wanted.into_iter().collect();
    let request = sorted.iter().try_fold(request, |request, (name, value)| {
        request
            .value("setting", name)
            .and_then(|it| it.value("value", value))
            .map_err(|refusal| Fault::invalid(format!("settings[{name}]"), refusal))
    })?;
    let fence = gateway.admit(&server_id, fence, fence::Change::Plans, Object::Host).await?;
    let work = async move |server: Arc<Server>| {
        let panel = &server.panel;
        let is_met = async || {
            let seen = settings(panel, &getting, deadline).await?;
            Ok::<_, Fault>(sorted.iter().all(|(name, value)| seen.get(name) == Some(value)))
        };
        if is_met().await? {
            return Ok(());
        }
        let otherwise = "the template has other settings";
        let change = Change { request, there_already: None, otherwise };
        prove(panel, change, deadline, async || Ok(is_met().await?.then_some(()))).await
    };
    gateway.change(fence, deadline, work).await?;
    Ok(v1::ModifyTemplateResponse {})
}

/// Serves `DeleteTemplate`; the answer tells whether the template existed.
///
/// # Errors
/// `Invalid` with the field; `Refused` for one of the panel; faults of the panel.
pub(super) async fn delete(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::DeleteTemplateRequest>,
) -> Result<bool, Fault> {
    let v1::DeleteTemplateRequest { server_id, fence, id } = message;
    let request = Request::new(&plans::DELETE_TEMPLATE).value("id", &id).map_err(Error::from)?;
    let fence = gateway.admit(&server_id, fence, fence::Change::Plans, Object::Host).await?;
    let work = async move |server: Arc<Server>| {
        let panel = &server.panel;
        let is_there =
            async || Ok::<_, Fault>(all(panel, deadline).await?.iter().any(|it| it.id == id));
        if !is_there().await? {
            return Ok(false);
        }
        let there_already = Some(Reason::Absent);
        let change = Change { request, there_already, otherwise: "the template is still there" };
        prove(panel, change, deadline, async || Ok((!is_there().await?).then_some(true))).await
    };
    gateway.change(fence, deadline, work).await
}

async fn all(panel: &Panel, deadline: Instant) -> Result<Vec<Template>, Fault> {
    let listing = Request::new(&plans::LIST_TEMPLATES);
    Ok(panel.records::<Template>(&listing, deadline).await?)
}

async fn settings(
    panel: &Panel,
    getting: &Request,
    deadline: Instant,
) -> Result<BTreeMap<String, String>, Fault> {
    Ok(templates::settings(&panel.ask(getting, deadline).await?.output))
}
