//! What REST handlers take: who calls, and a message made of the path, the header and the body.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, RawPathParams, Request},
    http::{HeaderMap, Method, StatusCode, header::CONTENT_TYPE, request::Parts},
};
use model::fault::{Fault, FaultKind};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Problem;
use crate::{
    handlers::{Api, Caller},
    idempotency::KEY_FIELD,
    json,
};

/// The header of an intent's key (draft-ietf-httpapi-idempotency-key-header).
const IDEMPOTENCY_KEY: &str = "idempotency-key";

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    /// Whom the route let in.
    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Self>().cloned();
        Ok(caller.ok_or_else(|| Fault::internal("a call without a caller"))?)
    }
}

/// The message of a mutation, whose intent has a key. The path and the header win over the body; no body counts as `{}`.
pub(crate) struct Input<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Api> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let path = RawPathParams::from_request_parts(&mut parts, api).await;
        let path: Vec<_> = path
            .iter()
            .flatten()
            .map(|(name, value)| (name.to_owned(), Value::from(value)))
            .collect();
        let headers = parts.headers.clone();
        let key = headers.get(IDEMPOTENCY_KEY);
        // What is put is the same however often; what is posted is done each time.
        if key.is_none() && parts.method == Method::POST {
            let problem = "is missing; choose a new one for each intent, such as a UUID, and repeat it when you \
                           repeat the request";
            return Err(Fault::invalid("Idempotency-Key", problem).into());
        }
        let body = Bytes::from_request(Request::from_parts(parts, body), api)
            .await
            .map_err(|error| unreadable(error.status()))?;
        let mut fields = if body.is_empty() {
            Map::new()
        } else {
            must_be_json(&headers)?;
            json::object(&body)?
        };
        fields.extend(path);
        if let Some(key) = key {
            let problem = "the header Idempotency-Key must be visible ASCII";
            let key = key.to_str().map_err(|_| Fault::invalid(KEY_FIELD, problem))?;
            fields.insert(KEY_FIELD.to_owned(), unquoted(key).into());
        }
        Ok(Self(json::message(fields)?))
    }
}

/// The draft wants the key as a quoted string, nearly all clients send it bare.
fn unquoted(key: &str) -> &str {
    key.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(key)
}

fn must_be_json(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let fault = Fault::new(FaultKind::Invalid, "send a body as content-type: application/json");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, fault))
}

fn unreadable(status: StatusCode) -> Problem {
    let why = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "the body is larger than 64 KiB; send less",
        _ => "the body broke off; send it again",
    };
    Problem::new(status, Fault::new(FaultKind::Invalid, why))
}

/// The message of a list, from the query.
pub(crate) struct Listing<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Api> for Listing<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(message)) => Ok(Self(message)),
            Err(error) => Err(Fault::invalid("query", error.body_text()).into()),
        }
    }
}

/// The id in the path.
pub(crate) struct Id(pub(crate) String);

impl FromRequestParts<Api> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, api).await {
            Ok(Path(id)) => Ok(Self(id)),
            Err(_) => {
                Err(Fault::invalid("id", "is not UTF-8; give an id as it was returned").into())
            }
        }
    }
}
