//! An activation through gRPC: request, watch, and see the result.

use contracts::provisioning::v1::{
    ActivateServiceRequest, GetAccountRequest, WatchJobRequest, accounts_client::AccountsClient,
    jobs_client::JobsClient, services_client::ServicesClient,
};
use testkit::unique;
use tokio_stream::StreamExt;
use tonic::{Code, Request, transport::Channel};

use crate::system::System;

fn with_token<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watched_job_is_seen_to_its_end() {
    let system = System::start().await;
    let channel = Channel::from_shared(system.grpc_url.clone()).unwrap().connect().await.unwrap();
    let (service, _) = system.service().await;
    let order = ActivateServiceRequest { request_id: unique("request"), id: service };

    let mut services = ServicesClient::new(channel.clone());
    let refused = services.activate_service(order.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let refused = services.activate_service(with_token(order.clone(), "praho_wrong")).await;
    assert_eq!(refused.unwrap_err().code(), Code::Unauthenticated);

    let accepted = services.activate_service(with_token(order.clone(), &system.token)).await;
    let accepted = accepted.unwrap().into_inner();
    let again = services.activate_service(with_token(order, &system.token)).await;
    assert_eq!(again.unwrap().into_inner().account, accepted.account);

    let job = accepted.job.unwrap();
    let watch = with_token(WatchJobRequest { id: job.id }, &system.token);
    let mut changes = JobsClient::new(channel.clone()).watch_job(watch).await.unwrap().into_inner();
    let mut last = None;
    while let Some(change) = changes.next().await {
        last = Some(change.unwrap());
    }
    assert_eq!(last.unwrap().status, "completed");
    let account = GetAccountRequest { id: accepted.account.unwrap().id };
    let account =
        AccountsClient::new(channel).get_account(with_token(account, &system.token)).await;
    assert_eq!(account.unwrap().into_inner().status, "active");
}
