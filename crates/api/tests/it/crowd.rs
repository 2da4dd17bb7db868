//! Slow and many calls of one token do not stand in the way of others.

use std::time::{Duration, Instant};

use contracts::{
    provisioning::v1::{ListPlansRequest, ListPlansResponse, plans_client::PlansClient},
    status::from_status,
};
use futures_util::{future::join_all, stream};
use reqwest::{Method, StatusCode};
use serde_json::json;
use testkit::{eventually, unique};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};
use tonic::{Code, Status, client::Grpc};
use tonic_prost::ProstCodec;

use crate::{
    grpc::{channel, with_token},
    world::{Answer, World, send},
};

/// Streams of one connection, fewer than a server allows.
const STREAMS: usize = 100;

/// A call of REST whose body never comes whole.
async fn slow_body(world: &World, token: &str) -> TcpStream {
    let address = world.rest_url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /api/v1/plans HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Idempotency-Key: {}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{{",
        unique("key")
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Calls of gRPC whose message never comes; each ends with its status.
async fn empty_streams(world: &World, token: &str, count: usize) -> JoinSet<Status> {
    let mut calls = JoinSet::new();
    for first in (0..count).step_by(STREAMS) {
        let channel = channel(world).await;
        for _ in first..count.min(first + STREAMS) {
            let mut grpc = Grpc::new(channel.clone());
            let request = with_token(stream::pending::<ListPlansRequest>(), token);
            let path = "/praho.provisioning.v1.Plans/ListPlans".parse().unwrap();
            let codec = ProstCodec::<ListPlansRequest, ListPlansResponse>::default();
            calls.spawn(async move {
                grpc.ready().await.unwrap();
                grpc.client_streaming(request, path, codec).await.unwrap_err()
            });
        }
    }
    calls
}

fn create_plan(world: &World, token: &str) -> impl Future<Output = Answer> {
    let request = world.bare(Method::POST, "/plans").bearer_auth(token);
    let request = request.header("Idempotency-Key", unique("key"));
    send(request.json(&json!({ "name": unique("plan") })))
}

/// Whether a call was refused because its token has its share of unread bodies.
fn has_no_place(answer: &Answer) -> bool {
    let detail = answer.body["detail"].as_str().unwrap_or_default();
    answer.status == StatusCode::SERVICE_UNAVAILABLE
        && detail.contains("calls whose bodies are read")
}

#[expect(clippy::print_stdout, reason = "the figure for which the test is read")]
fn figure(what: &str, since: Instant) {
    println!("{what}: {} ms", since.elapsed().as_millis());
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_bodies_and_empty_streams_of_one_token_keep_no_other_tenant_waiting() {
    // All connections come from one address here, which the listener bounds too.
    let settings =
        [("CALLS__BODY_SECONDS", "30"), ("HTTP__LIMITS__CONNECTIONS_PER_ADDRESS", "4096")];
    let world = World::with(&settings).await;
    let (slow, other) = (world.token("admin").await, world.foreign_token().await);
    let owner = world.token("owner").await;
    // The first call of a token may take longer, so that is not what is measured.
    for token in [&slow, &other, &owner] {
        let known = send(world.bare(Method::GET, "/plans").bearer_auth(token)).await;
        assert_eq!(known.status, StatusCode::OK);
    }
    let mut bodies = join_all((0..256).map(|_| slow_body(&world, &owner))).await;
    let mut streams = vec![empty_streams(&world, &slow, 300).await];
    // A slow machine refuses some of so many at once before they are read, so more follow until all places are taken.
    let refused = eventually("the token has its share of unread bodies", async || {
        let answer = create_plan(&world, &owner).await;
        if has_no_place(&answer) {
            return Some(answer);
        }
        bodies.extend(join_all((0..32).map(|_| slow_body(&world, &owner))).await);
        None
    })
    .await;
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.body["type"], "urn:praho:problem:rate_limited");
    eventually("the other token has its share too", async || {
        if has_no_place(&create_plan(&world, &slow).await) {
            return Some(());
        }
        streams.push(empty_streams(&world, &slow, 32).await);
        None
    })
    .await;

    let mut plans = PlansClient::new(channel(&world).await);
    let first = Instant::now();
    let begun = first;
    let listed = send(world.bare(Method::GET, "/plans").bearer_auth(&other)).await;
    figure("another tenant's GET beside 256 slow bodies and 300 empty streams", begun);
    let begun = Instant::now();
    let created = create_plan(&world, &other).await;
    figure("another tenant's POST", begun);
    let begun = Instant::now();
    let called = plans.list_plans(with_token(ListPlansRequest::default(), &other)).await;
    figure("another tenant's gRPC call", begun);
    assert_eq!((listed.status, created.status), (StatusCode::OK, StatusCode::CREATED));
    assert_eq!(called.unwrap().into_inner().plans.len(), 1);
    // A slow call holds its place for 30 seconds, so nobody has waited for the end of one.
    assert!(first.elapsed() < Duration::from_secs(20), "{:?}", first.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_ends_its_call() {
    let world = World::with(&[("CALLS__BODY_SECONDS", "1")]).await;
    let mut slow = slow_body(&world, &world.token).await;
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(
        answer.contains("application/problem+json") && answer.contains("within 1 s"),
        "{answer}"
    );
    let status = empty_streams(&world, &world.token, 1).await.join_next().await.unwrap().unwrap();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    assert!(status.message().contains("within 1 s"), "{status:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_without_a_token_can_send_a_body() {
    let world = World::with(&[("CALLS__BODY_SECONDS", "30")]).await;
    let mut answers = join_all((0..50).map(|_| slow_body(&world, "praho_wrong"))).await;
    for stream in &mut answers {
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        // A slow machine refuses some of them before their tokens are looked up.
        assert!([b"HTTP/1.1 401", b"HTTP/1.1 503"].contains(&&answer), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_place_is_refused_soon_and_with_the_time_to_wait() {
    let world = World::with(&[("CALLS__AT_A_TIME", "4")]).await;
    let other = world.foreign_token().await;
    let mut blocker = world.pool.begin().await.unwrap();
    let lock = sqlx::query("LOCK TABLE plans IN ACCESS EXCLUSIVE MODE");
    lock.execute(&mut *blocker).await.unwrap();
    let held = tokio::spawn(world.request(Method::GET, "/plans").send());
    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("the call is under way", async || (world.number(waiting).await > 0).then_some(()))
        .await;

    let begun = Instant::now();
    let refused = world.get("/servers").await;
    figure("a call too many is refused after", begun);
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{refused:?}");
    assert_eq!(
        (refused.header("content-type"), refused.header("retry-after")),
        ("application/problem+json", "1")
    );
    assert!(refused.body["detail"].as_str().unwrap().contains("its share of 4"), "{refused:?}");
    let mut plans = PlansClient::new(channel(&world).await);
    let refused = plans.list_plans(with_token(ListPlansRequest::default(), &world.token)).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused:?}");
    assert_eq!(from_status(&refused).retry_after_seconds, Some(1));
    let others = send(world.bare(Method::GET, "/servers").bearer_auth(&other)).await;
    assert_eq!(others.status, StatusCode::OK, "{others:?}");
    blocker.rollback().await.unwrap();
    assert_eq!(held.await.unwrap().unwrap().status(), StatusCode::OK);
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "the refusals did not wait for the deadline"
    );
}
