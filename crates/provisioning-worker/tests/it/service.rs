//! The whole service from the wake-up on its queue to the working account, with all services in this process.

use std::collections::HashMap;

use chassis::{Shutdown, config::load_from};
use model::{account::ProvisionAccount, job::JobStatus};
use testkit::eventually;

use fixtures::{KEYS, NETWORKS};

use crate::world::World;

fn variables(
    world: &World,
    program: &str,
    prefix: &str,
    more: &[(&str, &str)],
) -> HashMap<String, String> {
    let amqp_url = testkit::servers().amqp_url;
    let database_url = world.database.url_of(program);
    let shared = [
        ("PRAHO__HTTP__LISTEN", "127.0.0.1:0"),
        ("PRAHO__DATABASE__URL", &database_url),
        ("PRAHO__AMQP__URL", &amqp_url),
        ("PRAHO__AMQP__PREFIX", prefix),
        ("PRAHO__SECRETS__KEYS", KEYS),
        ("PRAHO__EGRESS__ALLOW", NETWORKS),
        ("PRAHO__EGRESS__ALLOW_PLAINTEXT", "true"),
    ];
    let all = shared.iter().chain(more);
    all.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_jobs_until_it_is_stopped() {
    let world = World::new().await;
    let prefix = format!("{}.", testkit::unique("worker"));
    fixtures::declare(&prefix).await;
    let port = testkit::free_port();
    let own = [
        ("PRAHO__GATEWAY__URL", world.gateway_url.as_str()),
        ("PRAHO__HTTP__LISTEN", &format!("127.0.0.1:{port}")),
        ("PRAHO__SITE__HTTP_PORT", &world.ports.http_port.to_string()),
        ("PRAHO__SITE__HTTPS_PORT", &world.ports.https_port.to_string()),
    ];
    let shutdown = Shutdown::new();
    let config =
        load_from(None, variables(&world, "praho-provisioning-worker", &prefix, &own)).unwrap();
    let worker = tokio::spawn(provisioning_worker::run(config, shutdown.clone()));
    let config = load_from(None, variables(&world, "praho-dns-manager", &prefix, &[])).unwrap();
    let dns_manager = tokio::spawn(dns_manager::run(config, shutdown.clone()));

    let mut jobs = Vec::new();
    for _ in 0..3 {
        let site = world.site().await;
        jobs.push((world.file(&ProvisionAccount { account_id: site.account }).await, site));
    }
    for (job, site) in jobs {
        eventually("the job to be completed", async || {
            (world.job(job).await.status == JobStatus::Completed).then_some(())
        })
        .await;
        assert!(world.is_hosted(&site).await && world.is_served(&site).await);
    }
    let ready = testkit::http::client().get(format!("http://127.0.0.1:{port}/readyz"));
    assert_eq!(ready.send().await.unwrap().status(), 200);
    shutdown.request();
    worker.await.unwrap().unwrap();
    dns_manager.await.unwrap().unwrap();
}

#[test]
fn reports_all_faults_of_its_configuration() {
    let wrong = [
        ("PRAHO__DATABASE__URL", "postgres://localhost/praho"),
        ("PRAHO__AMQP__URL", "amqp://localhost"),
        ("PRAHO__GATEWAY__URL", "ftp://gateway"),
        ("PRAHO__ENGINE__CONCURRENCY", "0"),
        ("PRAHO__ENGINE__LEASE_SECONDS", "1"),
        ("PRAHO__SITE__HTTP_PORT", "0"),
    ];
    let wrong = wrong.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let faults = load_from::<provisioning_worker::Config>(None, wrong.into()).unwrap_err();
    let mut keys: Vec<_> = faults.iter().map(|it| it.key.as_str()).collect();
    keys.sort_unstable();
    let wrong = [
        "engine.concurrency",
        "engine.lease_seconds",
        "gateway.url",
        "secrets.keys",
        "site.http_port",
    ];
    assert_eq!(keys, wrong);
}
