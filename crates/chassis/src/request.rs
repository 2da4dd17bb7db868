//! Wraps each HTTP or gRPC request in a span of the caller's trace, with a correlation id, and times it.

use std::{
    task::{Context, Poll},
    time::Instant,
};

use ::http::{HeaderValue, Request, Response};
use futures_util::future::BoxFuture;
use opentelemetry::metrics::Histogram;
use tower::{Layer, Service};
use tracing::{Instrument, Span};

use crate::{
    propagation::{self, CORRELATION_ID, Correlation, TRACEPARENT},
    route::{Answer, Route, name, text},
    telemetry::{meter, seconds},
};

/// Runs each request in a span, and times it to the head of its answer.
///
/// The layer puts a [`Correlation`] into the request's extensions and the response's headers: the caller's if
/// it is valid, else a new one. gRPC health checks pass through unchanged.
#[derive(Clone, Debug)]
pub struct RequestLayer {
    grpc: bool,
    duration: Histogram<f64>,
}

impl RequestLayer {
    /// The layer of an HTTP server's routes. Create it after telemetry has started, that is within `run`;
    /// otherwise nothing is timed.
    #[expect(clippy::new_without_default, reason = "when it is made matters")]
    pub fn new() -> Self {
        let what = "Time to the head of the answer of a REST call";
        let duration = seconds(&meter("chassis"), "http.server.request.duration", what);
        Self { grpc: false, duration }
    }

    /// The layer of a gRPC server.
    pub(crate) fn grpc() -> Self {
        let what = "Time to the head of the answer of a gRPC call";
        let duration = seconds(&meter("chassis"), "rpc.server.call.duration", what);
        Self { grpc: true, duration }
    }
}

impl<S> Layer<S> for RequestLayer {
    type Service = InSpan<S>;

    fn layer(&self, inner: S) -> InSpan<S> {
        InSpan { inner, layer: self.clone() }
    }
}

/// The service that [`RequestLayer`] makes of another one.
#[derive(Clone, Debug)]
pub struct InSpan<S> {
    inner: S,
    layer: RequestLayer,
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
        let route = if self.layer.grpc { Route::grpc(&request) } else { Route::http(&request) };
        let correlation = Correlation::parse_or_generate(text(request.headers(), CORRELATION_ID));
        let span = route.span(&request, &correlation);
        propagation::adopt(&span, text(request.headers(), TRACEPARENT), &correlation);
        request.extensions_mut().insert(correlation.clone());
        let answer = span.in_scope(|| self.inner.call(request));
        let duration = self.layer.duration.clone();
        let answer = async move {
            let mut response = answer.await?;
            let (elapsed, answered) = (start.elapsed(), route.answered(&response));
            duration.record(elapsed.as_secs_f64(), &route.labels(answered));
            answered.record(&Span::current());
            let grpc = match answered {
                Answer::Grpc(code) => Some(name(code)),
                Answer::Http(_) => None,
            };
            let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
            tracing::info!(elapsed_ms, grpc.status = grpc, "answered");
            if let Ok(value) = HeaderValue::from_str(correlation.as_str()) {
                response.headers_mut().insert(CORRELATION_ID, value);
            }
            Ok(response)
        };
        Box::pin(answer.instrument(span))
    }
}
