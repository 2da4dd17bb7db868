//! Tests of health, reflection and the ids of a call over a real gRPC connection.

use std::{sync::Arc, time::Duration};

use chassis::{
    Listener, Shutdown,
    config::Listen,
    grpc,
    health::Health,
    propagation::{self, Correlation},
};
use opentelemetry::trace::TracerProvider;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
    trace_service_client::TraceServiceClient,
    trace_service_server::{TraceService, TraceServiceServer},
};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::{sync::watch, task::JoinHandle};
use tonic::{Code, Request, Response, Status, service::Routes};
use tonic_health::pb::{
    FILE_DESCRIPTOR_SET as DESCRIPTORS, HealthCheckRequest, health_check_response::ServingStatus,
    health_client::HealthClient,
};
use tracing::Instrument;
use tracing_subscriber::layer::SubscriberExt;
use url::Url;

/// The trace id of the current span, as 32 hex digits; `None` outside of spans.
fn current_trace_id() -> Option<String> {
    propagation::current_traceparent()?.split('-').nth(1).map(str::to_owned)
}

/// Answers every call with an error that contains the call's ids, because an error has room for text.
struct Echo;

#[tonic::async_trait]
impl TraceService for Echo {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        assert!(!request.metadata().contains_key("x-panic"), "as asked");
        let correlation = request.extensions().get::<Correlation>().expect("always set");
        let trace = current_trace_id().unwrap_or_default();
        Err(Status::aborted(format!("{correlation} {trace}")))
    }
}

struct Server {
    url: Url,
    shutdown: Shutdown,
    served: JoinHandle<anyhow::Result<()>>,
}

async fn serve(health: impl FnOnce(&Health)) -> Server {
    let shutdown = Shutdown::new();
    let checks = Health::new(&shutdown);
    health(&checks);
    let here = Listen::plain("127.0.0.1:0".parse().unwrap());
    let listener = Listener::bind(&here).await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.address())).unwrap();
    let routes = Routes::new(TraceServiceServer::new(Echo));
    let stop = shutdown.clone();
    let served = async move { grpc::serve(listener, routes, &[DESCRIPTORS], checks, stop).await };
    Server { url, shutdown, served: tokio::spawn(served) }
}

fn connect(url: &Url) -> grpc::Connection {
    grpc::connect(&url.as_str().parse().unwrap(), Duration::from_secs(10)).unwrap()
}

#[tokio::test]
async fn a_call_runs_in_the_callers_trace_under_its_correlation_id() {
    let provider = SdkTracerProvider::builder().build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let subscriber = tracing_subscriber::registry().with(layer);
    let _guard = tracing::subscriber::set_default(subscriber);

    let server = serve(|_| {}).await;
    let mut client = TraceServiceClient::new(connect(&server.url));
    let span = tracing::info_span!("caller");
    propagation::adopt(&span, None, &Correlation::parse("order-7").unwrap());
    let (answer, trace) = async {
        let answer = client.export(ExportTraceServiceRequest::default()).await.unwrap_err();
        (answer, current_trace_id().unwrap())
    }
    .instrument(span)
    .await;
    assert_eq!(answer.message(), format!("order-7 {trace}"));
    assert_eq!(answer.metadata().get("x-correlation-id").unwrap(), "order-7");
}

#[tokio::test]
async fn a_call_without_ids_gets_a_correlation_id_of_its_own() {
    let server = serve(|_| {}).await;
    let mut client = TraceServiceClient::new(connect(&server.url));
    let answer = client.export(ExportTraceServiceRequest::default()).await.unwrap_err();
    let id = answer.metadata().get("x-correlation-id").unwrap().to_str().unwrap();
    assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 7);
}

#[tokio::test]
async fn a_method_that_panics_is_an_internal_error() {
    let server = serve(|_| {}).await;
    let mut client = TraceServiceClient::new(connect(&server.url));
    let mut request = Request::new(ExportTraceServiceRequest::default());
    request.metadata_mut().insert("x-panic", "1".parse().unwrap());
    assert_eq!(client.export(request).await.unwrap_err().code(), Code::Internal);
}

#[tokio::test]
async fn grpc_health_follows_the_checks_and_the_stop() {
    let (ready, state) = watch::channel(false);
    let state = Arc::new(state);
    let server = serve(|health| {
        health.check("state", move || {
            let ready = *state.borrow();
            async move { if ready { Ok(()) } else { Err("not yet") } }
        });
    })
    .await;
    let mut client = HealthClient::new(connect(&server.url));
    let mut statuses = client.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    let mut until = async |wanted: ServingStatus| {
        let search = async {
            while statuses.message().await.unwrap().expect("goes on").status() != wanted {}
        };
        tokio::time::timeout(Duration::from_secs(15), search).await.expect("follows");
    };
    until(ServingStatus::NotServing).await;
    ready.send(true).unwrap();
    until(ServingStatus::Serving).await;
    server.shutdown.request();
    until(ServingStatus::NotServing).await;
    drop(statuses);
    drop(client);
    server.served.await.unwrap().unwrap();
}

#[tokio::test]
async fn reflection_lists_the_services() {
    use tonic_reflection::pb::v1::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    };
    let server = serve(|_| {}).await;
    let mut client = ServerReflectionClient::new(connect(&server.url));
    let ask = ServerReflectionRequest {
        message_request: Some(MessageRequest::ListServices(String::new())),
        ..Default::default()
    };
    let answers = client.server_reflection_info(tokio_stream::once(ask)).await.unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap();
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("{answer:?}");
    };
    assert!(list.service.iter().any(|service| service.name == "grpc.health.v1.Health"));
}
