//! Commands from the broker and from dead letters: parsing, and execution for the tenant of the named
//! service.

use contracts::{messages::v1::ServiceCommand, provisioning::v1};
use model::{
    fault::Fault,
    ids::{ServiceId, TenantId},
};

use crate::{
    bounds::MAX_BODY,
    caller::{Api, Caller},
    handlers::services,
    json, validation,
};

/// Parses a command from a message's body.
pub(crate) fn read(body: &[u8]) -> Result<ServiceCommand, Fault> {
    if body.len() > MAX_BODY {
        return Err(Fault::invalid("body", "is larger than 64 KiB; send less"));
    }
    let command: ServiceCommand = json::message(json::object(body)?)?;
    if command.idempotency_key.is_empty() {
        let remedy = "is missing; choose one for each intent, such as the order's number";
        return Err(Fault::invalid("idempotency_key", remedy));
    }
    validation::request_id(&command.idempotency_key)?;
    Ok(command)
}

/// The tenant of the service that the command names.
pub(crate) async fn tenant(api: &Api, command: &ServiceCommand) -> Result<TenantId, Fault> {
    let id: ServiceId =
        command.service_id.parse().map_err(|it| Fault::invalid("service_id", it))?;
    let tx = api.store.begin().await?;
    let service = tx.lock_service(id).await?;
    Ok(service.ok_or_else(|| Fault::not_found("service", id))?.tenant_id)
}

/// Calls the handler that gRPC and REST call too, under the same idempotency key.
pub(crate) async fn carry_out(
    api: Api,
    caller: Caller,
    routing_key: &str,
    command: ServiceCommand,
) -> Result<v1::ServiceOperation, Fault> {
    let (request_id, id) = (command.idempotency_key, command.service_id);
    match routing_key {
        "service.activate" => {
            services::activate_service(api, caller, v1::ActivateServiceRequest { request_id, id })
                .await
        }
        "service.suspend" => {
            let request = v1::SuspendServiceRequest { request_id, id, reason: command.reason };
            services::suspend_service(api, caller, request).await
        }
        "service.unsuspend" => {
            services::unsuspend_service(api, caller, v1::UnsuspendServiceRequest { request_id, id })
                .await
        }
        "service.terminate" => {
            services::terminate_service(api, caller, v1::TerminateServiceRequest { request_id, id })
                .await
        }
        _ => {
            let known = "is none of service.activate, service.suspend, service.unsuspend and \
                         service.terminate";
            Err(Fault::invalid("routing key", known))
        }
    }
}
