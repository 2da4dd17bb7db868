//! The route and the answer of a request as labels of metrics, with few different values.

use ::http::{HeaderMap, Request, Response};
use axum::extract::MatchedPath;
use opentelemetry::KeyValue;
use tonic::Code;
use tracing::{
    Span,
    field::{DisplayValue, Empty, display},
    info_span,
};

use crate::{propagation::Correlation, tls::Identity};

/// The label of every path without a route.
const UNMATCHED: &str = "unmatched";

/// The route of a request.
#[derive(Debug)]
pub(crate) enum Route {
    /// The method, and the pattern of the matched route. An unmatched path could be anything, so it is not
    /// kept.
    Http { method: &'static str, pattern: Option<String> },
    /// The service and method, as in `package.Service/Method`.
    Grpc { method: String },
}

/// The status of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// With this HTTP status.
    Http(u16),
    /// With this gRPC status.
    Grpc(Code),
}

impl Route {
    /// The route of an HTTP request, whether a router has matched it or not.
    pub(crate) fn http<A>(request: &Request<A>) -> Self {
        let method = match request.method().as_str() {
            "GET" => "GET",
            "POST" => "POST",
            "PUT" => "PUT",
            "PATCH" => "PATCH",
            "DELETE" => "DELETE",
            "HEAD" => "HEAD",
            "OPTIONS" => "OPTIONS",
            _ => "_OTHER",
        };
        let matched = request.extensions().get::<MatchedPath>();
        Self::Http { method, pattern: matched.map(|it| it.as_str().to_owned()) }
    }

    /// The method of a gRPC call.
    pub(crate) fn grpc<A>(request: &Request<A>) -> Self {
        Self::Grpc { method: request.uri().path().trim_start_matches('/').to_owned() }
    }

    /// The server's span for the request. The query is left out, because it may contain secrets.
    pub(crate) fn span<A>(&self, request: &Request<A>, correlation: &Correlation) -> Span {
        match self {
            Self::Http { method, pattern } => info_span!(
                "request",
                otel.name = format!("{method} {}", pattern.as_deref().unwrap_or(UNMATCHED)),
                otel.kind = "server",
                otel.status_code = Empty,
                http.request.method = method,
                http.route = pattern,
                http.response.status_code = Empty,
                url.path = request.uri().path(),
                peer.identity = identity(request),
                client.address = Empty,
                correlation_id = %correlation,
            ),
            Self::Grpc { method } => info_span!(
                "request",
                otel.name = method,
                otel.kind = "server",
                otel.status_code = Empty,
                rpc.system.name = "grpc",
                rpc.method = method,
                rpc.response.status_code = Empty,
                peer.identity = identity(request),
                client.address = Empty,
                correlation_id = %correlation,
            ),
        }
    }

    /// The status in the head of a response; a stream that breaks later is not seen.
    pub(crate) fn answered<B>(&self, response: &Response<B>) -> Answer {
        match self {
            Self::Http { .. } => Answer::Http(response.status().as_u16()),
            Self::Grpc { .. } => Answer::Grpc(grpc_status(response)),
        }
    }

    /// The labels of a server's metrics.
    pub(crate) fn labels(&self, answer: Answer) -> Vec<KeyValue> {
        match self {
            Self::Http { method, pattern } => vec![
                KeyValue::new("http.request.method", *method),
                KeyValue::new(
                    "http.route",
                    pattern.clone().unwrap_or_else(|| UNMATCHED.to_owned()),
                ),
                answer.label(),
            ],
            Self::Grpc { method } => {
                let known = answer != Answer::Grpc(Code::Unimplemented);
                let method = if known { method.as_str() } else { UNMATCHED };
                vec![KeyValue::new("rpc.method", method.to_owned()), answer.label()]
            }
        }
    }
}

impl Answer {
    /// The status as a label.
    pub(crate) fn label(self) -> KeyValue {
        match self {
            Self::Http(status) => KeyValue::new("http.response.status_code", i64::from(status)),
            Self::Grpc(code) => KeyValue::new("rpc.response.status_code", name(code)),
        }
    }

    /// Records the status on the server's span.
    pub(crate) fn record(self, span: &Span) {
        let failed = match self {
            Self::Http(status) => {
                span.record("http.response.status_code", status);
                status >= 500
            }
            Self::Grpc(code) => {
                span.record("rpc.response.status_code", name(code));
                // The statuses that OpenTelemetry counts as a server's own failure.
                matches!(
                    code,
                    Code::Unknown
                        | Code::DeadlineExceeded
                        | Code::Unimplemented
                        | Code::Internal
                        | Code::Unavailable
                        | Code::DataLoss
                )
            }
        };
        if failed {
            span.record("otel.status_code", "ERROR");
        }
    }
}

/// Who calls, by the certificate that he has shown, if he had to.
fn identity<A>(request: &Request<A>) -> Option<DisplayValue<&Identity>> {
    request.extensions().get::<Identity>().map(display)
}

/// The status in the head of a response. A success comes in the trailers, so a head without a status is one.
pub(crate) fn grpc_status<B>(response: &Response<B>) -> Code {
    match response.headers().get("grpc-status") {
        Some(status) => Code::from_bytes(status.as_bytes()),
        None if response.status().is_success() => Code::Ok,
        None => Code::Unknown,
    }
}

/// The name of a status in gRPC's own spelling.
pub(crate) fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// The value of a header as text.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(route: &Route, answer: Answer) -> Vec<String> {
        route.labels(answer).iter().map(|it| it.value.to_string()).collect()
    }

    #[test]
    fn a_path_without_a_route_is_no_label() {
        let request = Request::post("/made/up/7").header("content-type", "application/grpc");
        let request = request.body(()).unwrap();
        let http = Route::http(&request);
        assert_eq!(labels(&http, Answer::Http(404)), ["POST", "unmatched", "404"]);
        let grpc = Route::grpc(&request);
        let unknown = Answer::Grpc(Code::Unimplemented);
        assert_eq!(labels(&grpc, unknown), ["unmatched", "UNIMPLEMENTED"]);
        assert_eq!(labels(&grpc, Answer::Grpc(Code::Ok)), ["made/up/7", "OK"]);
    }

    #[test]
    fn the_status_is_in_the_head_unless_all_went_well() {
        let head = |status: u16, grpc: Option<&str>| {
            let response = Response::builder().status(status);
            let response = grpc.iter().fold(response, |it, code| it.header("grpc-status", *code));
            grpc_status(&response.body(()).unwrap())
        };
        assert_eq!(head(200, None), Code::Ok);
        assert_eq!(head(200, Some("14")), Code::Unavailable);
        assert_eq!(head(502, None), Code::Unknown);
    }
}
