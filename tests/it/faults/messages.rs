//! Wake-ups arrive twice, and messages are unreadable.

use serde_json::json;

use super::ORDERS;
use crate::{
    broker::Broker,
    system::{System, id},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doubled_wake_ups_and_garbage() {
    let system = System::start().await;
    let broker = Broker::connect(&system.servers.amqp_url, &system.prefix).await;
    let garbage: [&[u8]; 5] = [
        b"",
        b"not json",
        b"{\"job_id\": 7}",
        b"\xff\xfe\x00",
        b"{\"job_id\": \"0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f\"}",
    ];
    let (orders, ()) = tokio::join!(system.order(ORDERS), async {
        for part in 1..=5 {
            system.created(part * ORDERS / 6).await;
            let jobs = system.get("/jobs?page_size=1000").await;
            for job in jobs["jobs"].as_array().unwrap() {
                let body = json!({ "job_id": id(job) }).to_string();
                let queue = if job["kind"] == "dns.apply" { "dns" } else { "provisioning" };
                broker.publish("praho.jobs", queue, body.as_bytes(), "twice").await;
            }
            for body in garbage {
                broker.publish("praho.jobs", "provisioning", body, "garbage").await;
                broker.publish("praho.commands", "service.activate", body, "garbage").await;
            }
        }
    });
    system.all_is_well(&orders).await;
    let garbage = u32::try_from(5 * 2 * garbage.len()).unwrap();
    testkit::eventually_within(std::time::Duration::from_secs(30), "the garbage", async || {
        match system.dead_letters(&system.servers.amqp_url).await {
            dead if dead == garbage => Ok(()),
            dead => Err(dead),
        }
    })
    .await;
}
