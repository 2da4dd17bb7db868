//! Handlers of publishers: the platform's owners say for which tenant the commands of a `RabbitMQ` user act.

use contracts::provisioning::v1;
use model::{
    fault::Fault,
    ids::{PublisherId, TenantId},
    role::Role,
    tenant::Publisher,
};
use serde_json::json;

use super::{taken, tenants};
use crate::{
    caller::{Api, Caller},
    idempotency::{Intent, once},
    names, present,
    validation::{self, Form},
};

/// The roles that may command anything.
const ROLES: [Role; 3] = [Role::Operator, Role::Admin, Role::Owner];

pub(crate) async fn create_publisher(
    api: Api,
    caller: Caller,
    request: v1::CreatePublisherRequest,
) -> Result<v1::Publisher, Fault> {
    let tenant_id = tenants::own_or_named(&api, &caller, &request.tenant_id).await?;
    let publisher = read(tenant_id, &request)?;
    let intent =
        Intent { operation: "publisher.create", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        tx.insert_publisher(&publisher).await.map_err(|error| {
            let problem = "acts for a tenant already; delete that publisher first";
            taken(error, &[("publishers_user_name_key", "user_name", problem)])
        })?;
        let target = publisher.id.target();
        let detail = json!({ "user_name": publisher.user_name, "role": publisher.role });
        tx.audit(tenant_id, &caller.origin(), "publisher.create", &target, detail).await?;
        Ok(present::publisher(&publisher))
    })
    .await
}

fn read(tenant_id: TenantId, request: &v1::CreatePublisherRequest) -> Result<Publisher, Fault> {
    let mut form = Form::default();
    let user_name = form.read("user_name", validation::user_name(&request.user_name));
    let role = validation::choice(&request.role, &ROLES, Role::as_str);
    let role = form.read("role", role.and_then(|it| it.ok_or_else(no_role)));
    let (Some(user_name), Some(role)) = (user_name, role) else { return Err(form.fault()) };
    Ok(Publisher { id: PublisherId::generate(), tenant_id, user_name, role })
}

fn no_role() -> String {
    let words = ROLES.map(Role::as_str).join(", ");
    format!("is missing; choose the least role that suffices: {words}")
}

pub(crate) async fn delete_publisher(
    api: Api,
    caller: Caller,
    request: v1::DeletePublisherRequest,
) -> Result<v1::Publisher, Fault> {
    let intent =
        Intent { operation: "publisher.delete", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        let found = find(&api, &request.id).await?;
        let gone = tx.delete_publisher(found.id).await?;
        let gone = gone.ok_or_else(|| Fault::not_found("publisher", &request.id))?;
        let detail = json!({ "user_name": gone.user_name, "role": gone.role });
        let target = gone.id.target();
        tx.audit(gone.tenant_id, &caller.origin(), "publisher.delete", &target, detail).await?;
        Ok(present::publisher(&gone))
    })
    .await
}

pub(crate) async fn get_publisher(
    api: Api,
    _caller: Caller,
    request: v1::GetPublisherRequest,
) -> Result<v1::Publisher, Fault> {
    Ok(present::publisher(&find(&api, &request.id).await?))
}

async fn find(api: &Api, text: &str) -> Result<Publisher, Fault> {
    names::publisher(api, "id", text).await?.ok_or_else(|| Fault::not_found("publisher", text))
}

pub(crate) async fn list_publishers(
    api: Api,
    _caller: Caller,
    request: v1::ListPublishersRequest,
) -> Result<v1::ListPublishersResponse, Fault> {
    let page = validation::page(request.page_size, &request.page_token)?;
    let publishers = api.store.publishers(page).await?;
    Ok(v1::ListPublishersResponse {
        next_page_token: validation::next_page_token(page, &publishers, |it| it.id.uuid()),
        publishers: publishers.iter().map(present::publisher).collect(),
    })
}
