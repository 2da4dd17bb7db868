//! Calls other services by gRPC, each in a span of its own that the other side continues, and times the
//! calls.

use std::{
    task::{Context, Poll},
    time::Instant,
};

use ::http::{HeaderMap, HeaderValue, Request, Response};
use futures_util::future::BoxFuture;
use opentelemetry::{KeyValue, metrics::Histogram};
use tonic::{Code, body::Body, transport::Channel};
use tower::Service;
use tracing::{Instrument, Span, field::Empty, info_span};

use crate::{
    propagation::{self, CORRELATION_ID, Correlation, TRACEPARENT},
    route::{Answer, grpc_status, name},
    telemetry::{meter, seconds},
};

/// A connection whose calls carry the current trace and correlation id. Pass it to a generated client's
/// `new`.
#[derive(Clone, Debug)]
pub struct Connection {
    channel: Channel,
    duration: Histogram<f64>,
}

impl Connection {
    pub(crate) fn new(channel: Channel) -> Self {
        let what = "Time to the head of the answer of another service";
        let duration = seconds(&meter("chassis"), "rpc.client.call.duration", what);
        Self { channel, duration }
    }
}

impl Service<Request<Body>> for Connection {
    type Response = Response<Body>;
    type Error = tonic::transport::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.channel.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let start = Instant::now();
        // There are few different paths, because they come from generated clients.
        let method = request.uri().path().trim_start_matches('/').to_owned();
        let span = info_span!(
            "call",
            otel.name = method,
            otel.kind = "client",
            otel.status_code = Empty,
            rpc.system.name = "grpc",
            rpc.method = method,
            rpc.response.status_code = Empty,
        );
        let answer = span.in_scope(|| {
            propagate(request.headers_mut());
            self.channel.call(request)
        });
        let duration = self.duration.clone();
        let answer = async move {
            let answer = answer.await;
            let code = answer.as_ref().map_or(Code::Unavailable, grpc_status);
            let span = Span::current();
            span.record("rpc.response.status_code", name(code));
            if code != Code::Ok {
                span.record("otel.status_code", "ERROR");
            }
            let labels = [KeyValue::new("rpc.method", method), Answer::Grpc(code).label()];
            duration.record(start.elapsed().as_secs_f64(), &labels);
            answer
        };
        Box::pin(answer.instrument(span))
    }
}

/// Adds the current trace and correlation id, unless the call already has its own.
fn propagate(headers: &mut HeaderMap) {
    let ids = [
        (TRACEPARENT, propagation::current_traceparent()),
        (CORRELATION_ID, Correlation::current().map(|id| id.to_string())),
    ];
    for (name, value) in ids {
        let value = value.and_then(|value| HeaderValue::try_from(value).ok());
        if let Some(value) = value
            && !headers.contains_key(name)
        {
            headers.insert(name, value);
        }
    }
}
