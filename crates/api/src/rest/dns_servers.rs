//! `/api/v1/dns-servers`.

use axum::{Json, extract::State, response::Response};
use contracts::provisioning::v1;

use super::{
    Answer, Problem, created,
    input::{Id, Input, Listing},
};
use crate::handlers::{Api, Caller, dns_servers};

pub(super) async fn register(
    State(api): State<Api>,
    caller: Caller,
    Input(request): Input<v1::RegisterDnsServerRequest>,
) -> Result<Response, Problem> {
    let server = dns_servers::register(api, caller, request).await?;
    Ok(created("dns-servers", &server.id, &server))
}

pub(super) async fn get(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
) -> Answer<v1::DnsServer> {
    Ok(Json(dns_servers::get(api, caller, v1::GetDnsServerRequest { id }).await?))
}

pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Listing(request): Listing<v1::ListDnsServersRequest>,
) -> Answer<v1::ListDnsServersResponse> {
    Ok(Json(dns_servers::list(api, caller, request).await?))
}
