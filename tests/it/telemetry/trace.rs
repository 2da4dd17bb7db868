//! One activation is one trace, from the caller's `traceparent` to the calls of the panel and the DNS server.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use lapin::types::{AMQPValue, FieldTable};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::{Value, json};
use testkit::{eventually_within, unique};
use url::Url;

use super::collector::{Collector, Seen, Trace, hex};
use crate::{
    broker::Broker,
    system::{Ground, System, id},
};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const COMMAND_TRACE: &str = "0af7651916cd43dd8448eb211c80319d";
const CALLER: &str = "b7ad6b7169203331";
/// Services export spans every five seconds.
const EXPORTED: Duration = Duration::from_secs(30);

const COMMANDS: &str = "praho.commands";

const API: &str = "praho-api";
const WORKER: &str = "praho-provisioning-worker";
const GATEWAY: &str = "praho-virtualmin-gateway";
const DNS: &str = "praho-dns-manager";

const ACTIVATE: &str = "POST /api/v1/services/{id}/activate";
const CREATE: &str = "praho.gateway.v1.Domains/CreateDomain";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_activation_is_one_trace_through_all_services_and_tells_no_secret() {
    let (collector, endpoint) = Collector::start().await;
    let ground = Ground { otlp_endpoint: Some(endpoint), ..Ground::default() };
    let system = System::start_on(ground).await;
    let (service, _) = system.service().await;
    let answer = system
        .client
        .post(format!("{}/services/{service}/activate", system.api_url))
        .bearer_auth(&system.token)
        .header("idempotency-key", unique("key"))
        .header("traceparent", format!("00-{TRACE}-{CALLER}-01"))
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    let activation: Value = answer.json().await.unwrap();
    let account = format!("/accounts/{}", id(&activation["account"]));
    system.until("the account is active", &account, "active").await;

    // The requested job ends last, and its events follow its end.
    let trace = eventually_within(EXPORTED, "the trace is exported", async || {
        let trace = collector.trace(TRACE);
        let told =
            trace.first(API, ACTIVATE).is_some() && trace.first(WORKER, "run activate").is_some();
        let ended = trace.all(WORKER, "job account.provision").len() >= 2;
        let called = trace.first(DNS, "run mark-verified").is_some()
            && trace.first(GATEWAY, "panel create-domain").is_some();
        if told && ended && called && trace.foreign_parents().len() == 1 {
            Ok(trace)
        } else {
            Err(names(&trace))
        }
    })
    .await;

    assert_eq!(
        trace.foreign_parents(),
        [CALLER.to_owned()].into(),
        "one tree: {:#?}",
        names(&trace)
    );
    filed_and_carried_out(&trace);
    called_the_panel(&trace);
    filed_dns_and_waited(&trace);
    commanded(&system, &collector).await;
    for secret in secrets(&system) {
        assert!(!collector.text().contains(&secret), "a secret was exported");
    }
}

/// A command on RabbitMQ continues its publisher's trace in the same way.
async fn commanded(system: &System, collector: &Collector) {
    let broker = Broker::connect(&system.servers.amqp_url, &system.prefix).await;
    let (service, _) = system.service().await;
    let body = json!({ "idempotency_key": unique("key"), "service_id": service }).to_string();
    let traceparent = AMQPValue::LongString(format!("00-{COMMAND_TRACE}-{CALLER}-01").into());
    let headers = FieldTable::from(BTreeMap::from([("traceparent".into(), traceparent)]));
    broker.publish_with(COMMANDS, "service.activate", body.as_bytes(), "order-7", headers).await;
    let trace = eventually_within(EXPORTED, "the command's trace is exported", async || {
        let trace = collector.trace(COMMAND_TRACE);
        let done = trace.first(WORKER, "job account.provision").is_some();
        if done && trace.foreign_parents().len() == 1 { Ok(trace) } else { Err(names(&trace)) }
    })
    .await;
    let command = trace.first(API, "process praho.commands").unwrap();
    assert_eq!(
        (kind(command), hex(&command.span.parent_span_id).as_str()),
        (SpanKind::Consumer, CALLER)
    );
    let job = trace.first(WORKER, "job account.provision").unwrap();
    assert_eq!(trace.chain(job).last().map(String::as_str), Some("process praho.commands"));
    assert_eq!(job.links(), [command.span.span_id.as_slice()]);
}

/// Checks the path from the request through the outbox and the broker to the job, which is linked to the
/// request.
fn filed_and_carried_out(trace: &Trace) {
    let request = trace.first(API, ACTIVATE).unwrap();
    assert_eq!(
        (kind(request), hex(&request.span.parent_span_id).as_str()),
        (SpanKind::Server, CALLER)
    );
    for job in trace.all(WORKER, "job account.provision") {
        assert_eq!(
            trace.chain(job)[1..],
            ["process praho.jobs.provisioning", "send praho.jobs", ACTIVATE]
        );
        let process = trace.above(job).unwrap();
        assert_eq!((process.service.as_str(), kind(process)), (WORKER, SpanKind::Consumer));
        assert_eq!(process.text("messaging.operation.type").as_deref(), Some("process"));
        assert!(
            process.span.end_time_unix_nano < job.span.end_time_unix_nano,
            "it is of the claim"
        );
        let send = trace.above(process).unwrap();
        assert_eq!(kind(send), SpanKind::Producer);
        assert_eq!(send.text("messaging.message.id"), process.text("messaging.message.id"));
        assert_eq!(job.links(), [request.span.span_id.as_slice()], "the one that filed it");
    }
}

/// Checks the path from a step of the job through the gateway to the panel.
fn called_the_panel(trace: &Trace) {
    let call = trace.first(GATEWAY, "panel create-domain").unwrap();
    assert_eq!(kind(call), SpanKind::Client);
    let chain = trace.chain(call);
    let expected = [CREATE, CREATE, "run create-virtual-server", "job account.provision"];
    assert_eq!(chain[1..5], expected, "{chain:?}");
    let served = trace.above(call).unwrap();
    assert_eq!((served.service.as_str(), kind(served)), (GATEWAY, SpanKind::Server));
    let called = trace.above(served).unwrap();
    assert_eq!((called.service.as_str(), kind(called)), (WORKER, SpanKind::Client));
    assert_eq!(called.text("rpc.response.status_code").as_deref(), Some("OK"));
}

/// The DNS job continues the trace of the step that filed it.
fn filed_dns_and_waited(trace: &Trace) {
    let filed = trace.first(WORKER, "run publish-dns").unwrap();
    let job = trace.first(DNS, "job dns.apply").unwrap();
    let chain = trace.chain(job);
    let way = ["process praho.jobs.dns", "send praho.jobs", "run publish-dns"];
    assert_eq!(chain[1..4], way, "{chain:?}");
    assert_eq!(job.links(), [filed.span.span_id.as_slice()]);
    let call = trace.first(DNS, "powerdns changing").unwrap();
    assert_eq!(
        (trace.chain(call)[1..3].join(", "), kind(call)),
        ("run write-records, job dns.apply".to_owned(), SpanKind::Client)
    );
}

fn kind(seen: &Seen) -> SpanKind {
    seen.span.kind()
}

fn names(trace: &Trace) -> Vec<String> {
    let name = |it: &Seen| format!("{}: {}", it.service, trace.chain(it).join(" < "));
    trace.0.iter().map(name).collect()
}

/// All secrets, also in the form in which headers carry them.
fn secrets(system: &System) -> Vec<String> {
    let password = |url: &str| Url::parse(url).unwrap().password().unwrap().to_owned();
    let servers = &system.servers;
    let mut secrets = vec![system.token.clone(), servers.powerdns_api_key.clone()];
    secrets.extend([password(&servers.amqp_url), password(&servers.database_url)]);
    for panel in &system.panels {
        let login = format!("{}:{}", panel.username(), panel.password());
        secrets.extend([panel.password().to_owned(), STANDARD.encode(login)]);
    }
    assert!(secrets.iter().all(|it| it.len() >= 8), "long enough not to be found by chance");
    secrets
}
