//! Makes the OpenAPI document from the contract and the table of operations, so that the two cannot disagree.

use api::{
    forms::{REQUEST_ID, Text},
    operations::{OPERATIONS, Operation, PACKAGE},
};
use model::fault::{FaultKind, FaultReason};
use prost_types::{FieldDescriptorProto, field_descriptor_proto::Type};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::forms::{form, id_or_name, id_or_user};
use crate::contract::{
    Contract, LEFT_OUT, is_moment, object, reference, scalar, short, with_comment,
};

/// The required fields of requests. A test compares them with the API's errors.
pub(crate) const REQUIRED: [(&str, &[&str]); 14] = [
    ("CreatePlanRequest", &["name"]),
    ("RegisterServerRequest", &["name", "url", "username", "password", "capacity"]),
    ("RegisterDnsServerRequest", &["name", "api_url", "api_key", "nameservers"]),
    ("CreateServiceRequest", &["plan_id", "domain"]),
    ("CreateTenantRequest", &["name"]),
    ("CreateTokenRequest", &["name", "role"]),
    ("CreatePublisherRequest", &["user_name", "role"]),
    ("ReleaseServerUrlRequest", &["url", "reason"]),
    ("AssignDomainRequest", &["tenant_id", "reason"]),
    ("CallProgramRequest", &["program", "reason"]),
    ("SetServerStatusRequest", &["status"]),
    ("SetServerShellRequest", &["host", "host_keys"]),
    ("AllowBreakGlassRequest", &["minutes", "reason"]),
    ("RetryJobsRequest", &["status"]),
];

/// Answers that are 202 with a job if there is work to do, else 200.
const MAY_FILE_A_JOB: [&str; 2] = ["ServiceOperation", "RedrivenDeadLetter"];
const ABOUT: &str = "Sells hosting plans and has them carried out on Virtualmin servers. The same messages as gRPC's \
`praho.provisioning.v1`, as JSON.

Authentication: `Authorization: Bearer <token>`; a token sees its own tenant's things only, and its role says what it may do.

One intent, once: every POST takes an `Idempotency-Key`. A repeat gets the first answer; 409 while the first is under way, 422 if the key was \
used for another request.

Long work is answered with 202, a job, and its `Location`; look at it or watch it there.

Errors are problem documents (RFC 9457), whose `type` is one of a few words and says what to do. Lists come in pages: give \
`next_page_token` as `page_token` for the next. Bodies hold up to 64 KiB, path and headers up to 16 KiB.";

pub(crate) fn document() -> Value {
    let contract = Contract::read(PACKAGE);
    let mut paths = Map::new();
    let mut schemas = Map::from_iter([("Problem".to_owned(), problem())]);
    for operation in OPERATIONS {
        let method = &contract.methods[operation.rpc];
        let (input, output) = (short(method.input_type()), short(method.output_type()));
        add_answer(&contract, &mut schemas, output);
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        let verb = operation.method.as_str().to_lowercase();
        path[verb] = describe(&contract, &mut schemas, operation, input, output);
    }
    let tags = contract.services.iter();
    let tags: Vec<_> = tags.map(|it| with_comment(&contract, it, json!({ "name": it }))).collect();
    json!({
        "openapi": "3.1.0",
        "info": { "title": "PRAHO Provisioning", "version": "v1", "description": ABOUT },
        "servers": [{ "url": "/api/v1" }],
        "security": [{ "token": [] }],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "responses": { "Problem": {
                "description": "The error and its remedy.",
                "headers": { "Retry-After": {
                    "description": "Seconds to wait before a retry.",
                    "schema": { "type": "integer" },
                } },
                "content": { "application/problem+json": { "schema": reference("Problem") } },
            } },
            "headers": {
                "Location": {
                    "description": "The address of the created resource.",
                    "schema": { "type": "string" },
                },
                "RateLimit-Policy": {
                    "description": "The number of calls that the token has (`q`), or its tenant if that has none left, in a window of seconds (`w`).",
                    "schema": { "type": "string" },
                },
                "RateLimit": {
                    "description": "The number of calls left (`r`), and the seconds until the next window (`t`).",
                    "schema": { "type": "string" },
                },
            },
            "schemas": schemas,
        },
    })
}

fn describe(
    contract: &Contract,
    schemas: &mut Map<String, Value>,
    operation: &Operation,
    input: &str,
    output: &str,
) -> Value {
    let (service, name) = operation.rpc.split_once('/').unwrap();
    let right = format!("Needs the role `{}`.", operation.right.name());
    let words = contract.comment(operation.rpc).map(|it| format!("{it}\n\n"));
    let mut parameters = Vec::new();
    if operation.path.contains("{id}") {
        // An id that may be a name or a domain has a comment that says so.
        let schema = match contract.comment(&format!("{input}.id")) {
            Some(words) if words.contains("name") => id_or_name(),
            Some(words) if words.contains("user in RabbitMQ") => id_or_user(),
            // No domain is shorter, and some clients take an empty part or dots out of a path.
            Some(_) => json!({ "type": "string", "minLength": 3 }),
            None => json!({ "type": "string", "format": "uuid" }),
        };
        let id = json!({ "name": "id", "in": "path", "required": true, "schema": schema });
        parameters.push(with_comment(contract, &format!("{input}.id"), id));
    }
    let fields = contract.messages[input].field.iter();
    let fields: Vec<_> =
        fields.filter(|it| !["id", "request_id"].contains(&it.name())).cloned().collect();
    let mut described = json!({
        "operationId": name,
        "summary": summary(name),
        "description": format!("{}{right}", words.unwrap_or_default()),
        "tags": [service],
        "responses": answers(operation, output),
    });
    if operation.method == Method::GET {
        for field in &fields {
            let schema = formed(input, field.name(), scalar(field));
            let parameter = json!({ "name": field.name(), "in": "query", "schema": schema });
            parameters.push(with_comment(
                contract,
                &format!("{input}.{}", field.name()),
                parameter,
            ));
        }
    } else {
        let Text { least, most, pattern } = REQUEST_ID;
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": operation.method == Method::POST,
            "description": format!("One for each intent: {least} to {most} visible ASCII characters, such as a UUID."),
            "schema": { "type": "string", "minLength": least, "maxLength": most, "pattern": pattern },
        }));
        if !fields.is_empty() {
            let required = required(input);
            described["requestBody"] = json!({
                "required": !required.is_empty(),
                "content": { "application/json": { "schema": reference(input) } },
            });
            add_request(contract, schemas, input, &fields);
        }
    }
    if !parameters.is_empty() {
        described["parameters"] = json!(parameters);
    }
    described
}

/// The schema of a message with the forms of its fields.
fn with_forms(message: &str, mut schema: Value) -> Value {
    for (name, property) in schema["properties"].as_object_mut().into_iter().flatten() {
        *property = formed(message, name, property.take());
    }
    schema
}

/// The schema of a field with its form, whose keywords win.
fn formed(message: &str, field: &str, mut schema: Value) -> Value {
    let Some(Value::Object(form)) = form(message, field) else { return schema };
    if form.contains_key("anyOf") {
        schema.as_object_mut().unwrap().remove("type");
    }
    let optional = schema["type"].is_array();
    schema
        .as_object_mut()
        .unwrap()
        .extend(form.into_iter().filter(|(name, _)| !optional || name != "type"));
    schema
}

fn required(message: &str) -> &'static [&'static str] {
    REQUIRED.iter().find(|(it, _)| *it == message).map_or(&[], |(_, fields)| fields)
}

fn answers(operation: &Operation, output: &str) -> Value {
    let headers = |location: bool| {
        let mut headers = json!({
            "RateLimit": { "$ref": "#/components/headers/RateLimit" },
            "RateLimit-Policy": { "$ref": "#/components/headers/RateLimit-Policy" },
        });
        if location {
            headers["Location"] = json!({ "$ref": "#/components/headers/Location" });
        }
        headers
    };
    let good = |description: &str, location: bool| {
        json!({
            "description": description,
            "headers": headers(location),
            "content": { "application/json": { "schema": reference(output) } },
        })
    };
    let problem = || json!({ "$ref": "#/components/responses/Problem" });
    let mut answers = json!({
        "401": problem(), "403": problem(), "429": problem(), "default": problem(),
    });
    let (_, name) = operation.rpc.split_once('/').unwrap();
    let posted = operation.method == Method::POST;
    if name.starts_with("Watch") {
        answers["200"] = json!({
            "description": "Events `job`, each with the job as JSON, until it is final; or one `problem` with the reason.",
            "headers": headers(false),
            "content": { "text/event-stream": { "schema": event() } },
        });
    } else if MAY_FILE_A_JOB.contains(&output) {
        answers["202"] = good("Accepted; the job makes it true.", true);
        answers["200"] = good("There is nothing to do.", false);
    } else if posted && output == "Job" {
        answers["202"] = good("Accepted.", true);
    } else if name.starts_with("Create") || name.starts_with("Register") {
        answers["201"] = good("Made.", true);
    } else {
        answers["200"] = good("As it is.", false);
    }
    if posted {
        answers["409"] = problem();
        answers["422"] = problem();
    }
    answers
}

/// The schema of an event: what OpenAPI 3.1 lets the schema of a stream describe.
fn event() -> Value {
    json!({
        "type": "object",
        "required": ["event", "data"],
        "properties": {
            "event": { "type": "string", "enum": ["job", "problem"] },
            "data": { "type": "string", "description": "The job as JSON, or the reason of a problem." },
        },
    })
}

/// Adds the schema of a request's body and of the messages in it.
fn add_request(
    contract: &Contract,
    schemas: &mut Map<String, Value>,
    name: &str,
    fields: &[FieldDescriptorProto],
) {
    let mut schema = with_forms(name, object(contract, name, fields));
    schema["additionalProperties"] = json!(false);
    let required = required(name);
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schemas.insert(name.to_owned(), schema);
    for field in fields.iter().filter(|it| it.r#type() == Type::Message && !is_moment(it)) {
        let part = short(field.type_name());
        add_request(contract, schemas, part, &contract.messages[part].field);
    }
}

/// Adds the schema of an answer and of the messages in it.
fn add_answer(contract: &Contract, schemas: &mut Map<String, Value>, name: &str) {
    if schemas.contains_key(name) {
        return;
    }
    let message = &contract.messages[name];
    let mut schema = with_forms(name, object(contract, name, &message.field));
    let always =
        message.field.iter().filter(|it| !is_moment(it) && !LEFT_OUT.contains(&(name, it.name())));
    schema["required"] = always.map(FieldDescriptorProto::name).collect();
    schemas.insert(name.to_owned(), schema);
    for field in message.field.iter().filter(|it| it.r#type() == Type::Message && !is_moment(it)) {
        add_answer(contract, schemas, short(field.type_name()));
    }
}

fn problem() -> Value {
    let types = FaultKind::ALL.map(|it| format!("urn:praho:problem:{}", it.as_str()));
    json!({
        "description": "A problem document (RFC 9457). Of the types, rate_limited, busy, unavailable, timeout and protocol pass: the same \
                        request, under the same key, may succeed later. The others need something changed first.",
        "type": "object",
        "required": ["type", "title", "status", "detail", "instance", "errors", "correlation_id"],
        "properties": {
            "type": { "type": "string", "enum": types },
            "title": { "type": "string", "description": "The type in words." },
            "status": { "type": "integer", "description": "The HTTP status." },
            "detail": { "type": "string", "description": "What happened, and the remedy." },
            "reason": {
                "type": "string",
                "enum": FaultReason::ALL.map(FaultReason::as_str),
                "description": "The exact reason, if there is one that callers act on.",
            },
            "instance": { "type": "string", "description": "The path of the request." },
            "errors": {
                "type": "array",
                "description": "The wrong inputs.",
                "items": {
                    "type": "object",
                    "required": ["field", "message"],
                    "properties": { "field": { "type": "string" }, "message": { "type": "string" } },
                },
            },
            "correlation_id": { "type": "string", "description": "The id of the request in the logs." },
        },
    })
}

/// Turns `RegisterDnsServer` into `Register DNS server`.
fn summary(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
            words.push(letter.to_ascii_lowercase());
        } else {
            words.push(letter);
        }
    }
    words.replace("dns", "DNS")
}
