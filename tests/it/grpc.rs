//! An activation through gRPC: request, watch, and see the result.

use contracts::provisioning::v1::{
    ActivateServiceRequest, GetAccountRequest, ResetAccountPasswordRequest,
    RevealAccountPasswordRequest, WatchJobRequest, accounts_client::AccountsClient,
    jobs_client::JobsClient, services_client::ServicesClient,
};
use testkit::unique;
use tokio_stream::StreamExt;
use tonic::{Code, Request};

use crate::system::System;

fn with_token<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watched_job_is_seen_to_its_end() {
    let system = System::start().await;
    let channel = system.channel().await;
    let (service, domain) = system.service().await;
    let request_id = unique("request");
    let password = "a g1ven Passw0rd".to_owned();
    let order = ActivateServiceRequest { request_id, id: service, password };

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
    let id = accepted.account.unwrap().id;
    let mut accounts = AccountsClient::new(channel.clone());
    let account = GetAccountRequest { id: id.clone() };
    let account = accounts.get_account(with_token(account, &system.token)).await;
    assert_eq!(account.unwrap().into_inner().status, "active");

    let panel = system.panels.iter().find(|it| it.domain(&domain).is_some()).unwrap();
    let on_host = || panel.password_of(&domain).unwrap();
    assert_eq!(on_host(), "a g1ven Passw0rd");
    let reveal = || RevealAccountPasswordRequest { request_id: unique("request"), id: id.clone() };
    let refused = accounts.reveal_account_password(with_token(reveal(), &system.token)).await;
    assert_eq!(refused.err().unwrap().code(), Code::FailedPrecondition);
    for given in ["a l4ter Passw0rd", ""] {
        let (request_id, password) = (unique("request"), given.to_owned());
        let reset = ResetAccountPasswordRequest { request_id, id: id.clone(), password };
        let job = accounts.reset_account_password(with_token(reset, &system.token)).await;
        let path = format!("/jobs/{}", job.unwrap().into_inner().id);
        system.until("the password is reset", &path, "completed").await;
        assert!(given.is_empty() || on_host() == given);
    }
    let shown = accounts.reveal_account_password(with_token(reveal(), &system.token)).await;
    assert_eq!(shown.unwrap().into_inner().password, on_host());
    let again = accounts.reveal_account_password(with_token(reveal(), &system.token)).await;
    assert_eq!(again.err().unwrap().code(), Code::FailedPrecondition);
}
