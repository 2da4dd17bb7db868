//! The arguments of REST handlers: the caller, and a message from the path, the header and the body.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request},
    http::{HeaderMap, Method, StatusCode, Uri, header::CONTENT_TYPE, request::Parts},
};
use model::fault::{Fault, FaultKind};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Problem;
use crate::{
    caller::{Api, Caller},
    idempotency::KEY_FIELD,
    json,
};

/// The header of an idempotency key (draft-ietf-httpapi-idempotency-key-header).
const IDEMPOTENCY_KEY: &str = "idempotency-key";

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    /// The caller that the route has admitted.
    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Self>().cloned();
        Ok(caller.ok_or_else(|| Fault::internal("a call without a caller"))?)
    }
}

/// A request's message. A GET takes it from the path and the query; the path wins.
///
/// Other methods take it from the path, the idempotency key's header and the body. The path and the header
/// win, and an empty body counts as `{}`.
pub(crate) struct Input<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Api> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let path = RawPathParams::from_request_parts(&mut parts, api).await;
        let path =
            path.map_err(|_| Fault::invalid("id", "is not UTF-8; give an id as it was returned"))?;
        let path = path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        if parts.method == Method::GET {
            return asked(&parts, path).map(Self);
        }
        let key = intent_key(&parts)?;
        let headers = parts.headers.clone();
        // The body was read before, within its bounds.
        let body = Bytes::from_request(Request::from_parts(parts, body), api)
            .await
            .map_err(|_| Fault::internal("a body that was not read"))?;
        let mut fields = if body.is_empty() {
            Map::new()
        } else {
            must_be_json(&headers)?;
            json::object(&body)?
        };
        fields.extend(path.into_iter().chain(key).map(|(name, text)| (name, Value::from(text))));
        Ok(Self(json::message(fields)?))
    }
}

/// The message of a GET, from its query and its path; the path wins.
fn asked<T: DeserializeOwned>(parts: &Parts, path: Vec<(String, String)>) -> Result<T, Problem> {
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let in_path = |name: &str| path.iter().any(|(known, _)| known == name);
    let mut all = form_urlencoded::Serializer::new(String::new());
    all.extend_pairs(form_urlencoded::parse(query).filter(|(name, _)| !in_path(name)));
    all.extend_pairs(&path);
    let uri = Uri::builder().path_and_query(format!("/?{}", all.finish())).build();
    let uri = uri.map_err(|_| Fault::invalid("query", "cannot be read; percent-encode it"))?;
    match Query::try_from_uri(&uri) {
        Ok(Query(message)) => Ok(message),
        Err(error) => Err(Fault::invalid("query", error.body_text()).into()),
    }
}

/// The idempotency key as a field. A POST needs one, because a repeat would act again; the other methods
/// do not. An empty one is an error: it comes from a variable that is not set, and each call would be a new intent.
fn intent_key(parts: &Parts) -> Result<Option<(String, String)>, Problem> {
    let wrong = |problem| Err(Fault::invalid("Idempotency-Key", problem).into());
    let mut keys = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(key) = keys.next() else {
        if parts.method != Method::POST {
            return Ok(None);
        }
        return wrong(
            "is missing; choose a new one for each intent, such as a UUID, and repeat it when you repeat the request",
        );
    };
    if keys.next().is_some() {
        return wrong("is there more than once; send one");
    }
    match key.to_str().map(unquoted) {
        Ok("") => wrong("is empty; choose a new one for each intent, such as a UUID"),
        Ok(key) => Ok(Some((KEY_FIELD.to_owned(), key.to_owned()))),
        Err(_) => wrong("must be visible ASCII; choose another one, such as a UUID"),
    }
}

/// The draft defines the key as a quoted string, but nearly all clients send it bare.
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
