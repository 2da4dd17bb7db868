//! Turns faults into problem documents (RFC 9457), with the one table of HTTP statuses.

use axum::{
    extract::Request,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use chassis::propagation::Correlation;
use model::fault::{Fault, FaultKind, FaultReason, Violation};
use serde::Serialize;

use crate::{auth::CHALLENGE, handlers, idempotency::KEY_FIELD, refusal::Refusal};

/// Default of `Retry-After`, in seconds.
const PAUSE: u64 = 2;

/// A fault that a route returns.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    fault: Fault,
}

impl Problem {
    /// A problem of HTTP itself, with a status that no kind of fault has.
    pub(crate) fn new(status: StatusCode, fault: Fault) -> Self {
        Self { status, fault }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self { status: status(&fault), fault }
    }
}

impl From<Refusal> for Problem {
    fn from(Refusal { fault, status }: Refusal) -> Self {
        match status {
            Some(status) => Self { status, fault },
            None => fault.into(),
        }
    }
}

/// The HTTP status of a fault.
fn status(fault: &Fault) -> StatusCode {
    // draft-ietf-httpapi-idempotency-key-header: 409 for a key in progress, 422 for a key reused with another
    // payload.
    if fault.violations.iter().any(|it| it.field == KEY_FIELD) {
        match fault.kind {
            FaultKind::Busy => return StatusCode::CONFLICT,
            FaultKind::Conflict => return StatusCode::UNPROCESSABLE_ENTITY,
            _ => {}
        }
    }
    match fault.kind {
        FaultKind::Invalid => StatusCode::BAD_REQUEST,
        FaultKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        FaultKind::Denied => StatusCode::FORBIDDEN,
        FaultKind::NotFound => StatusCode::NOT_FOUND,
        // Not 429, which clients repeat by themselves.
        FaultKind::Conflict | FaultKind::Refused | FaultKind::OverQuota => StatusCode::CONFLICT,
        FaultKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        FaultKind::Busy | FaultKind::OutOfService | FaultKind::Unavailable => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        FaultKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        FaultKind::Protocol => StatusCode::BAD_GATEWAY,
        FaultKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The title of a kind of fault, always the same.
fn title(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Invalid => "The request is wrong",
        FaultKind::Unauthenticated => "The caller is not authenticated",
        FaultKind::Denied => "The caller may not do this",
        FaultKind::NotFound => "The resource does not exist",
        FaultKind::Conflict => "The request conflicts with existing data",
        FaultKind::Refused => "The present state does not allow the request",
        FaultKind::OverQuota => "The tenant's quota is reached",
        FaultKind::RateLimited => "Too many calls",
        FaultKind::Busy => "The resource is in use",
        FaultKind::OutOfService => "The server is out of service",
        FaultKind::Unavailable => "A required service is not available",
        FaultKind::Timeout => "No answer in time",
        FaultKind::Protocol => "An answer could not be read",
        FaultKind::Internal => "An internal error",
    }
}

/// The problem document.
#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    instance: &'a str,
    errors: &'a [Violation],
    correlation_id: &'a str,
}

impl IntoResponse for Problem {
    /// Sets the status only: [`write()`] knows the request and adds the rest.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the document of a problem that a route has returned.
pub(crate) async fn write(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let correlation = request.extensions().get::<Correlation>().map(ToString::to_string);
    let mut response = next.run(request).await;
    let Some(Problem { status, fault }) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    handlers::log(&fault);
    let document = Document {
        r#type: format!("urn:praho:problem:{}", fault.kind.as_str()),
        title: title(fault.kind),
        status: status.as_u16(),
        detail: &fault.message,
        reason: fault.reason.map(FaultReason::as_str),
        instance: &path,
        errors: &fault.violations,
        correlation_id: &correlation.unwrap_or_default(),
    };
    let body = serde_json::to_vec(&document).expect("a document is plain data");
    let (mut head, _) = response.into_parts();
    head.headers.remove(http::header::CONTENT_LENGTH);
    head.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if status == StatusCode::UNAUTHORIZED {
        head.headers.insert(WWW_AUTHENTICATE, CHALLENGE);
    }
    let later = matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
    if let Some(pause) = fault.retry_after_seconds.or(later.then_some(PAUSE)) {
        head.headers.insert(RETRY_AFTER, HeaderValue::from(pause));
    }
    Response::from_parts(head, body.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_an_error_to_http() {
        for kind in FaultKind::ALL {
            let status = status(&Fault::new(kind, "what happened"));
            assert!(status.is_client_error() || status.is_server_error(), "{kind:?}");
            assert_eq!(status.is_server_error(), {
                use FaultKind::{Busy, Internal, OutOfService, Protocol, Timeout, Unavailable};
                matches!(kind, Busy | Internal | OutOfService | Protocol | Timeout | Unavailable)
            });
        }
    }
}
