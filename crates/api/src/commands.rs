//! Commands from the broker and from dead letters: parsing, and execution for the tenant of the named
//! service.

use contracts::{messages::v1::ServiceCommand, provisioning::v1};
use futures_util::future::BoxFuture;
use model::{
    fault::{Fault, FaultKind},
    ids::{AccountId, ServiceId, TenantId},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{
    bounds::MAX_BODY,
    caller::{Api, Caller},
    handlers, json, names,
    operations::{COMMANDS, OPERATIONS, Right},
    validation,
};

/// The field that no command may have.
const PASSWORD: &str = "password";

/// Checks that a message says of its body what a body must be.
pub(crate) fn must_be_json(kind: Option<&str>, encoding: Option<&str>) -> Result<(), Fault> {
    let kind = kind.unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.is_empty() && !essence.eq_ignore_ascii_case("application/json") {
        let problem = "is another type than application/json; send JSON, and say so";
        return Err(Fault::invalid("content_type", problem));
    }
    // Some clients say the character set here, which is that of all JSON.
    let encoding = encoding.unwrap_or_default();
    if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("utf-8") {
        let problem = "is set; send the body as it is, without compression, and leave it out";
        return Err(Fault::invalid("content_encoding", problem));
    }
    Ok(())
}

/// Parses a command from a message's body.
pub(crate) fn read(body: &[u8]) -> Result<ServiceCommand, Fault> {
    if body.len() > MAX_BODY {
        return Err(Fault::invalid("body", "is larger than 64 KiB; send less"));
    }
    let fields = json::object(body)?;
    if fields.contains_key(PASSWORD) {
        return Err(Fault::invalid(
            PASSWORD,
            "may not be in a command, because queues hold no secret; leave it out, and one is generated, or give it \
             by gRPC or REST",
        ));
    }
    let command: ServiceCommand = json::message(fields)?;
    if command.idempotency_key.is_empty() {
        let remedy = "is missing; choose one for each intent, such as the order's number";
        return Err(Fault::invalid("idempotency_key", remedy));
    }
    validation::request_id(&command.idempotency_key)?;
    Ok(command)
}

/// What a dead-letter queue may keep of a refused command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keepsake {
    /// The whole message.
    Whole,
    /// Its size and hash, since nobody can tell whether there is a password in it.
    Hash,
    /// Nothing, since there is a password in it, which could be guessed from a hash.
    Nothing,
}

/// What may be kept of a body.
pub(crate) fn keepsake(body: &[u8]) -> Keepsake {
    if body.len() > MAX_BODY {
        return Keepsake::Hash;
    }
    match json::object(body).map(Value::Object) {
        Ok(fields) if carries_password(&fields) => Keepsake::Nothing,
        Ok(_) => Keepsake::Whole,
        Err(_) => Keepsake::Hash,
    }
}

/// Whether there is a password at any depth.
fn carries_password(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields
            .iter()
            .any(|(name, it)| name.eq_ignore_ascii_case(PASSWORD) || carries_password(it)),
        Value::Array(items) => items.iter().any(carries_password),
        _ => false,
    }
}

/// The tenant of the service that the command names by its id, for a publisher of no tenant.
pub(crate) async fn tenant(api: &Api, command: &ServiceCommand) -> Result<TenantId, Fault> {
    let id: ServiceId =
        command.service_id.parse().map_err(|it| Fault::invalid("service_id", it))?;
    let tx = api.store.begin().await?;
    let service = tx.lock_service(id).await?;
    Ok(service.ok_or_else(|| Fault::not_found("service", id))?.tenant_id)
}

/// The right that a command needs.
pub(crate) fn right(routing_key: &str) -> Result<Right, Fault> {
    let rpc = rpc(routing_key)?;
    let operation = OPERATIONS.iter().find(|it| it.rpc == rpc);
    Ok(operation.ok_or_else(|| Fault::internal(format!("{rpc} is no operation")))?.right)
}

/// The RPC that a command calls.
fn rpc(routing_key: &str) -> Result<&'static str, Fault> {
    let found = COMMANDS.iter().find(|(key, _)| *key == routing_key);
    let known = || COMMANDS.iter().map(|(key, _)| *key).collect::<Vec<_>>().join(", ");
    let (_, rpc) =
        found.ok_or_else(|| Fault::invalid("routing key", format!("is none of {}", known())))?;
    Ok(rpc)
}

/// Calls the handler that gRPC and REST call too, under the same idempotency key; returns the job that it filed.
pub(crate) async fn carry_out(
    api: Api,
    caller: Caller,
    routing_key: &str,
    command: ServiceCommand,
) -> Result<Option<v1::Job>, Fault> {
    let rpc = rpc(routing_key)?;
    let handler = handler(rpc).ok_or_else(|| Fault::internal(format!("{rpc} takes no command")))?;
    let named = names::service(&api, &caller, "service_id", &command.service_id).await?;
    let service = named.ok_or_else(|| Fault::not_found("service", &command.service_id))?;
    let id = match rpc.starts_with("Accounts/") {
        true => live_account(&api, caller.tenant_id, service).await?.to_string(),
        false => service.to_string(),
    };
    let mut request = request(command)?;
    request.insert("id".to_owned(), id.into());
    handler(api, caller, request).await
}

/// The live account of a tenant's service.
async fn live_account(api: &Api, tenant: TenantId, service: ServiceId) -> Result<AccountId, Fault> {
    let account = api.store.live_account_of(service).await?.filter(|it| it.tenant_id == tenant);
    let none = || Fault::new(FaultKind::Refused, "the service has no account; activate it first");
    Ok(account.ok_or_else(none)?.id)
}

/// The fields of a request.
type Fields = Map<String, Value>;
/// A handler that reads its request from the fields of a command.
type Handler = fn(Api, Caller, Fields) -> BoxFuture<'static, Result<Option<v1::Job>, Fault>>;

/// The command's fields with the names that they have in a request, without the empty ones.
fn request(command: ServiceCommand) -> Result<Fields, Fault> {
    let Value::Object(fields) = serde_json::to_value(command).map_err(Fault::internal)? else {
        return Err(Fault::internal("a command is no JSON object"));
    };
    let rename = |(name, value): (String, Value)| match name.as_str() {
        "idempotency_key" => ("request_id".to_owned(), value),
        "service_id" => ("id".to_owned(), value),
        _ => (name, value),
    };
    Ok(fields.into_iter().filter(|(_, value)| value != "").map(rename).collect())
}

async fn call<R, A, H, F>(
    api: Api,
    caller: Caller,
    request: Fields,
    handler: H,
) -> Result<Option<v1::Job>, Fault>
where
    R: DeserializeOwned,
    A: Commanded,
    H: FnOnce(Api, Caller, R) -> F,
    F: Future<Output = Result<A, Fault>>,
{
    Ok(handler(api, caller, json::message(request)?).await?.job())
}

/// An answer of an operation that a command may call.
trait Commanded {
    /// The job that was filed, if there was something to do.
    fn job(self) -> Option<v1::Job>;
}

impl Commanded for v1::ServiceOperation {
    fn job(self) -> Option<v1::Job> {
        self.job
    }
}

impl Commanded for v1::Job {
    fn job(self) -> Option<v1::Job> {
        Some(self)
    }
}

include!(concat!(env!("OUT_DIR"), "/commands.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_handler() {
        for (key, rpc) in COMMANDS {
            assert!(handler(rpc).is_some(), "{key}");
        }
    }

    #[test]
    fn only_json_without_a_password_is_kept_whole() {
        let nothing = [r#"{"password": 1}"#, r#"{"a": [{"Password": "x"}]}"#];
        let hash = [r#"{"password": "x""#, "password=x", "[]", r#"{"a": 1, "a": 2}"#];
        assert_eq!(nothing.map(|it| keepsake(it.as_bytes())), [Keepsake::Nothing; 2]);
        assert_eq!(hash.map(|it| keepsake(it.as_bytes())), [Keepsake::Hash; 4]);
        let large = format!("{{\"a\": \"{}\"}}", "x".repeat(MAX_BODY));
        assert_eq!(keepsake(large.as_bytes()), Keepsake::Hash);
        assert_eq!(keepsake(br#"{"reason": "unpaid"}"#), Keepsake::Whole);
    }

    #[test]
    fn a_body_is_plain_json_whatever_the_client_writes_about_it() {
        let reads = |kind, encoding| must_be_json(kind, encoding).is_ok();
        for kind in
            [None, Some(""), Some("application/json"), Some("Application/JSON; charset=utf-8")]
        {
            assert!(reads(kind, None) && reads(kind, Some("utf-8")), "{kind:?}");
        }
        assert!(!reads(Some("text/plain"), None));
        assert!(!reads(None, Some("gzip")));
    }

    #[test]
    fn a_command_that_says_no_reason_gives_the_request_none() {
        let command = ServiceCommand {
            idempotency_key: "order-7".to_owned(),
            service_id: "1".to_owned(),
            reason: String::new(),
        };
        let expected = serde_json::json!({ "request_id": "order-7", "id": "1" });
        assert_eq!(Value::Object(request(command).unwrap()), expected);
    }
}
