//! The gRPC interface: the same answers as REST, and faults with their details.

use api::operations::{OPERATIONS, PACKAGE};
use contracts::{
    provisioning::v1::{
        ActivateServiceRequest, CreatePlanRequest, CreateServiceRequest, GetPlanRequest,
        ListPlansRequest, RegisterServerRequest, SetAccountProtectionRequest,
        TerminateServiceRequest, accounts_client::AccountsClient, plans_client::PlansClient,
        servers_client::ServersClient, services_client::ServicesClient,
    },
    status::from_status,
};
use http_body_util::Full;
use model::fault::FaultKind;
use testkit::unique;
use tokio_stream::StreamExt;
use tonic::{Code, Request, Status, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};
use tower::{Service, ServiceExt};

use crate::world::World;

pub(crate) async fn channel(world: &World) -> Channel {
    Channel::from_shared(world.grpc_url.clone()).unwrap().connect().await.unwrap()
}

pub(crate) fn with_token<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn the_two_faces_show_the_same_things() {
    let world = World::start().await;
    let mut plans = PlansClient::new(channel(&world).await);
    let order = CreatePlanRequest {
        request_id: unique("request"),
        name: "starter".to_owned(),
        disk_mib: Some(1024),
        ..CreatePlanRequest::default()
    };
    let made =
        plans.create_plan(with_token(order.clone(), &world.token)).await.unwrap().into_inner();
    let again = plans.create_plan(with_token(order.clone(), &world.token)).await.unwrap();
    assert_eq!(again.into_inner(), made);
    let get = GetPlanRequest { id: made.id.clone() };
    let found = plans.get_plan(with_token(get, &world.token)).await.unwrap().into_inner();
    assert_eq!(found, made);
    let list = plans.list_plans(with_token(ListPlansRequest::default(), &world.token)).await;
    assert_eq!(list.unwrap().into_inner().plans.first(), Some(&made));
    let rest = world.get(&format!("/plans/{}", made.id)).await.body;
    assert_eq!(rest, serde_json::to_value(&made).unwrap());

    let other = CreatePlanRequest { name: "other".to_owned(), ..order };
    let refused = plans.create_plan(with_token(other, &world.token)).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert_eq!(from_status(&refused).violations[0].field, "request_id");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_request_names_its_fields_and_leaves_nothing() {
    let world = World::start().await;
    let before = world.rows().await;
    let mut servers = ServersClient::new(channel(&world).await);
    let order = RegisterServerRequest {
        request_id: unique("request"),
        name: "x".repeat(300),
        url: "http://vm1".to_owned(),
        password: "panel-password-7\n".to_owned(),
        ..RegisterServerRequest::default()
    };
    let refused = servers.register_server(with_token(order, &world.token)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let fault = from_status(&refused);
    let fields: Vec<_> = fault.violations.iter().map(|it| it.field.as_str()).collect();
    let wrong =
        ["name", "url", "username", "password", "certificate_sha256", "ip_addresses", "capacity"];
    assert_eq!(fields, wrong);
    assert!(!format!("{refused:?}").contains("panel-password-7"));
    let huge = CreatePlanRequest { name: "x".repeat(70_000), ..CreatePlanRequest::default() };
    let mut plans = PlansClient::new(channel(&world).await);
    let refused = plans.create_plan(with_token(huge, &world.token)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
    assert_eq!(from_status(&refused).violations[0].field, "body");
    assert_eq!(world.rows().await, before);
}

/// A message behind its frame, whose length is written as `length`.
fn framed(flag: u8, length: usize, message: &[u8]) -> Vec<u8> {
    [&[flag, 0, 0, 0, u8::try_from(length).unwrap()][..], message].concat()
}

/// The status of a call with this body.
async fn status_of(channel: &mut Channel, token: &str, rpc: &str, body: Vec<u8>) -> Status {
    let request = http::Request::post(format!("/{PACKAGE}.{rpc}"))
        .header("content-type", "application/grpc")
        .header("authorization", format!("Bearer {token}"))
        .body(tonic::body::Body::new(Full::from(body)))
        .unwrap();
    let answer = channel.ready().await.unwrap().call(request).await.unwrap();
    let status = Status::from_header_map(answer.headers());
    status.unwrap_or_else(|| Status::ok("the status follows the answer"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_read_is_the_callers_error() {
    let world = World::start().await;
    let mut channel = channel(&world).await;
    for (what, body) in [
        ("a wire type that does not exist", framed(0, 2, b"\x0f\x00")),
        ("text that is not UTF-8", framed(0, 3, b"\x12\x01\xff")),
        ("a field that is cut off", framed(0, 2, b"\x12\x09")),
        ("a message that is cut off", framed(0, 9, b"\x12\x01a")),
        ("no frame", b"\x00\x00".to_vec()),
        ("no message", Vec::new()),
        ("a flag that does not exist", framed(7, 0, b"")),
    ] {
        let status = status_of(&mut channel, &world.token, "Plans/CreatePlan", body).await;
        assert_eq!(status.code(), Code::InvalidArgument, "{what}: {status:?}");
        assert_eq!(from_status(&status).violations[0].field, "body", "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_bytes_are_an_internal_error_to_any_method() {
    let world = World::start().await;
    let mut channel = channel(&world).await;
    for operation in OPERATIONS {
        for _ in 0..10 {
            let bytes = testkit::random_bytes::<24>();
            let body = framed(0, bytes.len(), &bytes);
            let status = status_of(&mut channel, &world.token, operation.rpc, body).await;
            assert_ne!(
                status.code(),
                Code::Internal,
                "{}: {bytes:02x?}: {status:?}",
                operation.rpc
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_health_and_reflection_need_no_token() {
    let world = World::start().await;
    let channel = channel(&world).await;
    let mut plans = PlansClient::new(channel.clone());
    let refused = plans.list_plans(ListPlansRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert_eq!(refused.metadata().get("www-authenticate").unwrap(), "Bearer realm=\"praho\"");
    let wrong = with_token(ListPlansRequest::default(), "praho_wrong");
    assert_eq!(plans.list_plans(wrong).await.unwrap_err().code(), Code::Unauthenticated);

    let health = HealthClient::new(channel.clone()).check(HealthCheckRequest::default()).await;
    assert_eq!(health.unwrap().into_inner().status, 1);
    let question = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = ServerReflectionClient::new(channel)
        .server_reflection_info(tokio_stream::once(question))
        .await
        .unwrap()
        .into_inner();
    let answer = answers.next().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::ListServicesResponse(list) = answer else { panic!("{answer:?}") };
    let names: Vec<_> = list.service.iter().map(|it| it.name.as_str()).collect();
    for service in ["Plans", "Servers", "DnsServers", "Services", "Accounts", "Jobs"] {
        assert!(names.contains(&format!("praho.provisioning.v1.{service}").as_str()), "{names:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_goes_from_sale_to_termination() {
    let world = World::start().await;
    world.dns_server().await;
    world.server(10).await;
    let plan_id = world.plan().await;
    let channel = channel(&world).await;
    let mut services = ServicesClient::new(channel.clone());
    let order = CreateServiceRequest {
        plan_id,
        domain: "example.ro".to_owned(),
        ..CreateServiceRequest::default()
    };
    let service = services.create_service(with_token(order.clone(), &world.token)).await;
    let id = service.unwrap().into_inner().id;
    let taken = services.create_service(with_token(order, &world.token)).await.unwrap_err();
    assert_eq!(
        (taken.code(), from_status(&taken).violations[0].field.as_str()),
        (Code::AlreadyExists, "domain")
    );
    let activate = ActivateServiceRequest { id: id.clone(), ..ActivateServiceRequest::default() };
    let accepted = services.activate_service(with_token(activate, &world.token)).await;
    let accepted = accepted.unwrap().into_inner();
    assert_eq!(accepted.job.unwrap().kind, "account.provision");
    let terminate = TerminateServiceRequest { id, ..TerminateServiceRequest::default() };
    let refused = services.terminate_service(with_token(terminate.clone(), &world.token)).await;
    assert_eq!(from_status(&refused.unwrap_err()).kind, FaultKind::Refused);
    let account = accepted.account.unwrap();
    let unprotect = SetAccountProtectionRequest {
        id: account.id,
        protected: false,
        ..SetAccountProtectionRequest::default()
    };
    AccountsClient::new(channel)
        .set_account_protection(with_token(unprotect, &world.token))
        .await
        .unwrap();
    let ended = services.terminate_service(with_token(terminate, &world.token)).await;
    assert_eq!(ended.unwrap().into_inner().job.unwrap().kind, "account.terminate");
}
