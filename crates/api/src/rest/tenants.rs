//! `/api/v1/tenants`.

use axum::{Json, extract::State, response::Response};
use contracts::provisioning::v1;

use super::{
    Answer, Problem, created,
    input::{Id, Input, Listing},
};
use crate::handlers::{Api, Caller, tenants};

pub(super) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::CreateTenantRequest>,
) -> Result<Response, Problem> {
    let tenant = tenants::create(api, caller, request).await?;
    Ok(created("tenants", &tenant.id, &tenant))
}

pub(super) async fn get(State(api): State<Api>, caller: Caller, Id(id): Id) -> Answer<v1::Tenant> {
    Ok(Json(tenants::get(api, caller, v1::GetTenantRequest { id }).await?))
}

pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Listing(request): Listing<v1::ListTenantsRequest>,
) -> Answer<v1::ListTenantsResponse> {
    Ok(Json(tenants::list(api, caller, request).await?))
}
