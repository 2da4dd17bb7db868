//! Wraps each request, HTTP or gRPC, in a span of the caller's trace and gives it a correlation id.

use std::{
    task::{Context, Poll},
    time::Instant,
};

use ::http::{HeaderValue, Request, Response};
use futures_util::future::BoxFuture;
use tower::{Layer, Service};
use tracing::{Instrument, Span, info_span};

use crate::propagation::{self, CORRELATION_ID, Correlation, TRACEPARENT};

/// Puts a [`Correlation`] into the request's extensions and the response's headers, and runs it in
/// a span.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestLayer;

/// What [`RequestLayer`] makes of a service.
#[derive(Clone, Copy, Debug)]
pub struct InSpan<S>(S);

impl<S> Layer<S> for RequestLayer {
    type Service = InSpan<S>;

    fn layer(&self, inner: S) -> InSpan<S> {
        InSpan(inner)
    }
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
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let correlation = Correlation::parse_or_generate(header(CORRELATION_ID));
        let span = span_of(&request, &correlation);
        propagation::adopt(&span, header(TRACEPARENT), &correlation);
        request.extensions_mut().insert(correlation.clone());
        let start = Instant::now();
        let answer = span.in_scope(|| self.0.call(request));
        let answer = async move {
            let mut response = answer.await?;
            let status = response.status().as_u16();
            let elapsed_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
            Span::current().record("http.response.status_code", status);
            tracing::info!(elapsed_ms, "answered");
            if let Ok(value) = HeaderValue::from_str(correlation.as_str()) {
                response.headers_mut().insert(CORRELATION_ID, value);
            }
            Ok(response)
        };
        Box::pin(answer.instrument(span))
    }
}

/// The span is named by method and path; the query may hold what should not be logged.
fn span_of<A>(request: &Request<A>, correlation: &Correlation) -> Span {
    let path = request.uri().path();
    info_span!(
        "request",
        otel.name = format!("{} {path}", request.method()),
        otel.kind = "server",
        http.request.method = %request.method(),
        url.path = path,
        http.response.status_code = tracing::field::Empty,
        correlation_id = %correlation,
    )
}
