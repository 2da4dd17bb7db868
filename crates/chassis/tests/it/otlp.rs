//! Spans reach a collector, the last of them before the process ends.

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
    trace_service_server::{TraceService, TraceServiceServer},
};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedSender, unbounded_channel},
    time::timeout,
};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Server};

use crate::specimen::Specimen;

struct Collector(UnboundedSender<ExportTraceServiceRequest>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.send(request.into_inner()).expect("the test listens");
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tokio::test]
async fn spans_reach_the_collector_before_the_process_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (sender, mut exports) = unbounded_channel();
    let collector = Server::builder().add_service(TraceServiceServer::new(Collector(sender)));
    tokio::spawn(collector.serve_with_incoming(TcpListenerStream::new(listener)));

    let mut specimen =
        Specimen::start(&[("PRAHO__TELEMETRY__OTLP_ENDPOINT", endpoint.as_str())]).await;
    chassis::tls::install_provider();
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
    client.get(specimen.url("/things/7")).send().await.unwrap();
    let trace = specimen.line("at work").await["trace_id"].as_str().unwrap().to_owned();
    specimen.signal("TERM");
    assert_eq!(specimen.ended().await, Some(0));

    let export = timeout(Duration::from_secs(10), exports.recv()).await.unwrap().unwrap();
    let spans =
        export.resource_spans.iter().flat_map(|of| &of.scope_spans).flat_map(|of| &of.spans);
    let span = spans.into_iter().find(|span| span.name == "GET /things/{id}").expect("the request");
    let hex: String = span.trace_id.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, trace);
}

#[tokio::test]
async fn a_collector_that_is_gone_does_not_hold_up_the_stop() {
    let specimen =
        Specimen::start(&[("PRAHO__TELEMETRY__OTLP_ENDPOINT", "http://127.0.0.1:1")]).await;
    specimen.signal("TERM");
    assert_eq!(specimen.ended().await, Some(0));
}

/// More than the spans that may wait for a collector.
const MANY: usize = 5000;

#[tokio::test]
async fn a_collector_that_never_answers_slows_no_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let silent = tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok(connection) = listener.accept().await {
            connections.push(connection);
        }
    });
    // The test does not read the log of each request, so the log must leave it out.
    let quiet = ("PRAHO__TELEMETRY__FILTER", "error,chassis::http=info");
    let endpoint = ("PRAHO__TELEMETRY__OTLP_ENDPOINT", endpoint.as_str());
    let specimen = Specimen::start(&[quiet, endpoint]).await;
    chassis::tls::install_provider();
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
    let mut slowest = Duration::ZERO;
    for _ in 0..MANY {
        let asked = Instant::now();
        client.get(specimen.url("/things/7")).send().await.unwrap().bytes().await.unwrap();
        slowest = slowest.max(asked.elapsed());
    }
    assert!(slowest < Duration::from_secs(2), "a request took {slowest:?}");
    specimen.signal("TERM");
    assert_eq!(specimen.ended().await, Some(0));
    silent.abort();
}
