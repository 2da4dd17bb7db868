//! Watching a job: the stream shows each change and ends with the job.

use contracts::{
    provisioning::v1::{WatchJobRequest, jobs_client::JobsClient},
    status::from_status,
};
use futures_util::StreamExt;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::eventually;
use tonic::Code;

use crate::{
    grpc::{channel, with_token},
    world::{World, finish_job, text},
};

/// Starts an API with a job that no worker takes; returns the job's id too.
async fn job() -> (World, String) {
    job_with(&[]).await
}

/// As [`job`], with these settings of the API.
async fn job_with(settings: &[(&str, &str)]) -> (World, String) {
    let world = World::with(settings).await;
    world.dns_server().await;
    world.server(10).await;
    let service = world.service().await;
    let answer = world.post(&format!("/services/{service}/activate"), json!({})).await;
    let job = text(&answer.body["job"], "id");
    (world, job)
}

/// The jobs in the text of server-sent events.
fn jobs(text: &str) -> Vec<Value> {
    let events = text.split("\n\n").filter_map(|event| event.strip_prefix("event: job\ndata: "));
    events.map(|data| serde_json::from_str(data).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn server_sent_events_tell_each_change_and_end_with_the_job() {
    let (world, job) = job().await;
    let path = format!("/jobs/{job}/watch");
    let response = world.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.bytes_stream();
    let first = stream.next().await.unwrap().unwrap();
    assert_eq!(jobs(&String::from_utf8_lossy(&first))[0]["status"], "pending");
    finish_job(&world, &job, "completed").await;
    let mut rest = String::new();
    while let Some(chunk) = stream.next().await {
        rest.push_str(&String::from_utf8_lossy(&chunk.unwrap()));
    }
    let seen = jobs(&rest);
    assert_eq!(seen.last().unwrap()["status"], "completed", "{rest}");
    // A late watcher gets the final job once.
    let late = world.request(Method::GET, &path).send().await.unwrap().text().await.unwrap();
    assert_eq!(jobs(&late).len(), 1, "{late}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_messages_tells_each_change_and_ends_with_the_job() {
    let (world, job) = job().await;
    let mut client = JobsClient::new(channel(&world).await);
    let watch = with_token(WatchJobRequest { id: job.clone() }, &world.token);
    let mut changes = client.watch_job(watch).await.unwrap().into_inner();
    assert_eq!(changes.next().await.unwrap().unwrap().status, "pending");
    world
        .execute(
            "UPDATE jobs SET status = 'running', lease_owner = 'test', lease_until = now() + interval '1 minute',
                slot = CASE WHEN resource IS NOT NULL THEN 1 END
             WHERE id = $1",
            &job,
        )
        .await;
    assert_eq!(changes.next().await.unwrap().unwrap().status, "running");
    world
        .execute(
            "INSERT INTO job_steps (job_id, position, name, status, epoch) VALUES ($1, 0, 'choose', 'started', 0)",
            &job,
        )
        .await;
    assert_eq!(changes.next().await.unwrap().unwrap().steps[0].name, "choose");
    world
        .execute(
            "UPDATE jobs SET status = 'completed', lease_owner = NULL, lease_until = NULL, slot = NULL, finished_at = now()
             WHERE id = $1",
            &job,
        )
        .await;
    assert_eq!(changes.next().await.unwrap().unwrap().status, "completed");
    assert!(changes.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_subscription_is_taken_up_again() {
    let (world, job) = job().await;
    let mut client = JobsClient::new(channel(&world).await);
    let watch = with_token(WatchJobRequest { id: job.clone() }, &world.token);
    let mut changes = client.watch_job(watch).await.unwrap().into_inner();
    changes.next().await.unwrap().unwrap();
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    assert!(world.number(cut).await >= 1);
    finish_job(&world, &job, "completed").await;
    let seen = eventually("the end of the job", async || {
        changes.next().await?.ok().filter(|it| it.status == "completed")
    });
    seen.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_is_let_go_when_the_api_stops() {
    let (world, job) = job().await;
    let response = world.request(Method::GET, &format!("/jobs/{job}/watch")).send().await.unwrap();
    let (stopped, watched) = tokio::join!(world.stop(), response.text());
    stopped.unwrap();
    watched.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_watch_of_a_token_that_has_ended_ends_and_says_so() {
    let (world, job) = job_with(&[("CALLS__WATCH_CHECK_SECONDS", "1")]).await;
    let (revoked, expired) = (world.token("viewer").await, world.token("operator").await);
    let mut client = JobsClient::new(channel(&world).await);
    let watch = with_token(WatchJobRequest { id: job.clone() }, &revoked);
    let mut changes = client.watch_job(watch).await.unwrap().into_inner();
    assert_eq!(changes.next().await.unwrap().unwrap().status, "pending");
    let path = format!("/jobs/{job}/watch");
    let events = world.bare(Method::GET, &path).bearer_auth(&expired).send().await.unwrap();
    let mut kept = client
        .watch_job(with_token(WatchJobRequest { id: job.clone() }, &world.token))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(kept.next().await.unwrap().unwrap().status, "pending");
    sqlx::raw_sql(
        "UPDATE api_tokens SET revoked_at = now() WHERE role = 'viewer';
         UPDATE api_tokens SET created_at = now() - interval '2 days', expires_at = now() - interval '1 day'
         WHERE role = 'operator'",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    let ended = changes.next().await.unwrap().unwrap_err();
    assert_eq!(ended.code(), Code::Unauthenticated, "{ended:?}");
    assert!(ended.message().contains("the job goes on"), "{ended:?}");
    assert!(changes.next().await.is_none());
    let events = events.text().await.unwrap();
    assert!(events.contains("event: problem\ndata: the token of this watch"), "{events}");
    // A good token's watch goes on.
    finish_job(&world, &job, "completed").await;
    let seen = eventually("the end of the job", async || {
        kept.next().await?.ok().filter(|it| it.status == "completed")
    });
    seen.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_token_takes_its_share_of_watches_and_no_more() {
    let (world, job) = job_with(&[("CALLS__WATCHES", "4")]).await;
    let (first, second) = (world.token("viewer").await, world.token("viewer").await);
    let mut client = JobsClient::new(channel(&world).await);
    let mut watch = async |token: &str| {
        let watch = with_token(WatchJobRequest { id: job.clone() }, token);
        client.watch_job(watch).await.map(tonic::Response::into_inner)
    };
    let one = watch(&first).await.unwrap();
    let refused = watch(&first).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused:?}");
    assert!(refused.message().contains("1 watched jobs already"), "{refused:?}");
    assert!(from_status(&refused).retry_after_seconds.is_some());
    let _other = watch(&second).await.unwrap();
    let refused = watch(&world.token).await.unwrap_err();
    assert!(refused.message().contains("this tenant has 2"), "{refused:?}");
    drop(one);
    eventually("the place is free again", async || watch(&first).await.ok()).await;
}
