//! Wraps each request, HTTP or gRPC, in a span of the caller's trace, with a correlation id, timed.

use std::{
    task::{Context, Poll},
    time::Instant,
};

use ::http::{HeaderMap, HeaderValue, Request, Response, header::CONTENT_TYPE};
use axum::extract::MatchedPath;
use futures_util::future::BoxFuture;
use opentelemetry::{KeyValue, metrics::Histogram};
use tower::{Layer, Service};
use tracing::{Instrument, Span, field::Empty, info_span};

use crate::{
    propagation::{self, CORRELATION_ID, Correlation, TRACEPARENT},
    telemetry::meter,
};

/// The gRPC status of a method that does not exist.
const UNIMPLEMENTED: &str = "12";

/// Runs each request in a span and times it (`http.server.request.duration`).
///
/// It puts a [`Correlation`] into the request's extensions and the response's headers: the caller's
/// if that is one, else a new one. gRPC health checks pass unseen.
#[derive(Clone, Debug)]
pub struct RequestLayer {
    duration: Histogram<f64>,
}

impl RequestLayer {
    /// Make it after telemetry was started, that is within `run`; otherwise nothing is timed.
    #[expect(clippy::new_without_default, reason = "when it is made matters")]
    pub fn new() -> Self {
        let duration = meter("chassis")
            .f64_histogram("http.server.request.duration")
            .with_description("Time to the head of the answer")
            .with_unit("s")
            .with_boundaries(vec![0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0])
            .build();
        Self { duration }
    }
}

impl<S> Layer<S> for RequestLayer {
    type Service = InSpan<S>;

    fn layer(&self, inner: S) -> InSpan<S> {
        InSpan { inner, duration: self.duration.clone() }
    }
}

/// What [`RequestLayer`] makes of a service.
#[derive(Clone, Debug)]
pub struct InSpan<S> {
    inner: S,
    duration: Histogram<f64>,
}

impl<S, A, B> Service<Request<A>> for InSpan<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    B: Send + 'static,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<B>, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        if request.uri().path().starts_with("/grpc.health.v1.") {
            return Box::pin(self.inner.call(request));
        }
        let start = Instant::now();
        let route = Route::of(&request);
        let correlation = Correlation::parse_or_generate(text(request.headers(), CORRELATION_ID));
        let span = route.span(&request, &correlation);
        propagation::adopt(&span, text(request.headers(), TRACEPARENT), &correlation);
        request.extensions_mut().insert(correlation.clone());
        let answer = span.in_scope(|| self.inner.call(request));
        let duration = self.duration.clone();
        let answer = async move {
            let mut response = answer.await?;
            let elapsed = start.elapsed();
            duration.record(elapsed.as_secs_f64(), &route.labels(&response));
            Span::current().record("http.response.status_code", response.status().as_u16());
            tracing::info!(
                elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
                grpc.status = text(response.headers(), "grpc-status"),
                "answered",
            );
            if let Ok(value) = HeaderValue::from_str(correlation.as_str()) {
                response.headers_mut().insert(CORRELATION_ID, value);
            }
            Ok(response)
        };
        Box::pin(answer.instrument(span))
    }
}

/// What was asked for, in words of which there are few: they become labels of metrics.
struct Route {
    method: &'static str,
    path: Option<String>,
}

impl Route {
    /// The route's pattern, or a gRPC method; a path that matches nothing could be anything.
    fn of<A>(request: &Request<A>) -> Self {
        let method = match request.method().as_str() {
            "GET" => "GET",
            "POST" => "POST",
            "PUT" => "PUT",
            "PATCH" => "PATCH",
            "DELETE" => "DELETE",
            "HEAD" => "HEAD",
            "OPTIONS" => "OPTIONS",
            _ => "OTHER",
        };
        let matched = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        let is_grpc = text(request.headers(), CONTENT_TYPE.as_str())
            .is_some_and(|kind| kind.starts_with("application/grpc"));
        let path = matched.or(is_grpc.then(|| request.uri().path())).map(str::to_owned);
        Self { method, path }
    }

    /// The query is left out: it may hold what should not be logged.
    fn span<A>(&self, request: &Request<A>, correlation: &Correlation) -> Span {
        info_span!(
            "request",
            otel.name = format!("{} {}", self.method, self.path.as_deref().unwrap_or("unmatched")),
            otel.kind = "server",
            http.request.method = self.method,
            http.response.status_code = Empty,
            url.path = request.uri().path(),
            correlation_id = %correlation,
        )
    }

    fn labels<B>(&self, response: &Response<B>) -> [KeyValue; 4] {
        let grpc = text(response.headers(), "grpc-status").unwrap_or_default();
        let path = self.path.as_deref().filter(|_| grpc != UNIMPLEMENTED).unwrap_or("unmatched");
        [
            KeyValue::new("http.request.method", self.method),
            KeyValue::new("http.route", path.to_owned()),
            KeyValue::new("http.response.status_code", i64::from(response.status().as_u16())),
            KeyValue::new("rpc.grpc.status_code", grpc.to_owned()),
        ]
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
