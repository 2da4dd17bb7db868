//! A collector that keeps the traces that it receives.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::{KeyValue, any_value::Value},
    trace::v1::Span,
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Server};

/// All received exports.
#[derive(Clone, Default)]
pub(crate) struct Collector(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

/// A span and the service that exported it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) service: String,
    pub(crate) span: Span,
}

impl Collector {
    /// Starts a collector; returns its address too.
    pub(crate) async fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let collector = Self::default();
        let service = TraceServiceServer::new(collector.clone());
        let incoming = TcpListenerStream::new(listener);
        tokio::spawn(Server::builder().add_service(service).serve_with_incoming(incoming));
        (collector, endpoint)
    }

    /// The spans with this trace id.
    pub(crate) fn trace(&self, id: &str) -> Trace {
        let exports = self.0.lock().unwrap();
        let of_services = exports.iter().flat_map(|it| &it.resource_spans);
        let mut spans = Vec::new();
        for of_service in of_services {
            let resource = of_service.resource.clone().unwrap_or_default();
            let service = text(&resource.attributes, "service.name").unwrap_or_default();
            let of_scopes = of_service.scope_spans.iter().flat_map(|it| &it.spans);
            let ours = of_scopes.filter(|it| hex(&it.trace_id) == id);
            spans.extend(ours.map(|it| Seen { service: service.clone(), span: it.clone() }));
        }
        Trace(spans)
    }

    /// All exports as text: attributes, events, links and names.
    pub(crate) fn text(&self) -> String {
        format!("{:?}", self.0.lock().unwrap())
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.lock().unwrap().push(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[derive(Debug)]
pub(crate) struct Trace(pub(crate) Vec<Seen>);

impl Trace {
    /// The spans with this name from one service.
    pub(crate) fn all(&self, service: &str, name: &str) -> Vec<&Seen> {
        self.0.iter().filter(|it| it.service == service && it.span.name == name).collect()
    }

    /// The earliest span with this name from one service, if any.
    pub(crate) fn first(&self, service: &str, name: &str) -> Option<&Seen> {
        self.all(service, name).into_iter().min_by_key(|it| it.span.start_time_unix_nano)
    }

    /// The parent of a span, if it is in the trace.
    pub(crate) fn above(&self, seen: &Seen) -> Option<&Seen> {
        self.0.iter().find(|it| it.span.span_id == seen.span.parent_span_id)
    }

    /// The names from a span up to the root.
    pub(crate) fn chain(&self, seen: &Seen) -> Vec<String> {
        let mut names = vec![seen.span.name.clone()];
        let mut next = self.above(seen);
        while let Some(above) = next {
            names.push(above.span.name.clone());
            next = self.above(above);
        }
        names
    }

    /// The parents of spans that are not in the trace themselves.
    pub(crate) fn foreign_parents(&self) -> HashSet<String> {
        let orphans = self.0.iter().filter(|it| self.above(it).is_none());
        orphans.map(|it| hex(&it.span.parent_span_id)).collect()
    }
}

impl Seen {
    /// The ids of the linked spans.
    pub(crate) fn links(&self) -> Vec<&[u8]> {
        self.span.links.iter().map(|it| it.span_id.as_slice()).collect()
    }

    /// A text attribute.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        text(&self.span.attributes, key)
    }
}

fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    let value = attributes.iter().find(|it| it.key == key)?.value.clone()?.value?;
    match value {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

/// Bytes in the form of W3C Trace Context.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
