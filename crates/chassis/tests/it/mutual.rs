//! Tests of a port that takes calls of our own services alone.

use std::{error::Error, time::Duration};

use chassis::{
    Listener, Shutdown,
    config::{Limits, Peer},
    grpc,
    health::Health,
    tls::{ClientFiles, Identity},
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
    trace_service_client::TraceServiceClient,
    trace_service_server::{TraceService, TraceServiceServer},
};
use testkit::{Authority, Scratch};
use tonic::{Code, Request, Response, Status, service::Routes};
use url::Url;

use crate::ground::{client, listen, server};

const WORKER: &str = "spiffe://praho/provisioning-worker";

/// Answers with the identity of its caller.
struct Who;

#[tonic::async_trait]
impl TraceService for Who {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let who = request.extensions().get::<Identity>().map(ToString::to_string);
        Err(Status::aborted(who.unwrap_or_default()))
    }
}

/// A server that takes calls of the worker.
async fn serve(authority: &Authority) -> Url {
    chassis::tls::install_provider();
    let shutdown = Shutdown::new();
    let tls = server(authority, "virtualmin-gateway", Some(&[WORKER]));
    let listener = Listener::bind(&listen(Some(tls), Limits::default())).await.unwrap();
    let url = format!("https://localhost:{}", listener.address().port()).parse().unwrap();
    let (routes, health) = (Routes::new(TraceServiceServer::new(Who)), Health::new(&shutdown));
    tokio::spawn(grpc::serve(listener, routes, &[], health, shutdown));
    url
}

/// The answer to a call of a client with these files.
async fn call(url: &Url, tls: ClientFiles) -> Status {
    let peer = Peer { url: url.clone(), tls };
    let connection = grpc::connect(&peer, Duration::from_secs(10)).unwrap();
    let mut client = TraceServiceClient::new(connection);
    client.export(ExportTraceServiceRequest::default()).await.unwrap_err()
}

#[tokio::test]
async fn a_listed_service_is_served_and_known_by_its_name() {
    let folder = Scratch::new("mutual");
    let authority = Authority::open(folder.path()).unwrap();
    let url = serve(&authority).await;
    let answer = call(&url, client(&authority, Some("provisioning-worker"))).await;
    assert_eq!((answer.code(), answer.message()), (Code::Aborted, WORKER));
}

#[tokio::test]
async fn an_unlisted_service_is_denied_with_the_remedy() {
    let folder = Scratch::new("mutual");
    let authority = Authority::open(folder.path()).unwrap();
    let url = serve(&authority).await;
    let answer = call(&url, client(&authority, Some("dns-manager"))).await;
    assert_eq!(answer.code(), Code::PermissionDenied, "{answer:?}");
    assert!(answer.message().contains("grpc.tls.allowed"), "{answer:?}");
}

#[tokio::test]
async fn nobody_else_gets_a_connection() {
    let folder = Scratch::new("mutual");
    let authority = Authority::open(&folder.path().join("ours")).unwrap();
    let foreign = Authority::open(&folder.path().join("foreign")).unwrap();
    let url = serve(&authority).await;
    // The foreign certificate has the right name, and its holder trusts our server.
    let stranger = ClientFiles {
        pair: client(&foreign, Some("provisioning-worker")).pair,
        ..client(&authority, None)
    };
    for (who, files) in [("no certificate", client(&authority, None)), ("foreign", stranger)] {
        let answer = call(&url, files).await;
        // A status with a source is made on this side: no answer came.
        assert!(answer.source().is_some(), "{who}: {answer:?}");
    }
    let plain: Url = url.as_str().replace("https", "http").parse().unwrap();
    assert_ne!(call(&plain, ClientFiles::default()).await.code(), Code::Aborted);
}

#[tokio::test]
async fn a_server_of_a_foreign_authority_gets_no_call() {
    let folder = Scratch::new("mutual");
    let authority = Authority::open(&folder.path().join("ours")).unwrap();
    let foreign = Authority::open(&folder.path().join("foreign")).unwrap();
    let url = serve(&foreign).await;
    let answer = call(&url, client(&authority, Some("provisioning-worker"))).await;
    assert!(answer.source().is_some(), "{answer:?}");
}
