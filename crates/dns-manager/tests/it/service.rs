//! The whole service in this process, from the wake-up on its queue to the name server.

use std::collections::HashMap;

use chassis::{Shutdown, config::load_from};
use model::job::JobStatus;
use testkit::eventually;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn carries_out_jobs_until_its_shutdown() {
    let world = World::new().await;
    let port = testkit::free_port();
    let prefix = format!("{}.", testkit::unique("dns"));
    fixtures::declare(&prefix).await;
    let config = load_from(
        None,
        HashMap::from([
            ("PRAHO__HTTP__LISTEN".to_owned(), format!("127.0.0.1:{port}")),
            ("PRAHO__DATABASE__URL".to_owned(), world.database.url_of("praho-dns-manager")),
            ("PRAHO__AMQP__URL".to_owned(), testkit::servers().amqp_url),
            ("PRAHO__AMQP__PREFIX".to_owned(), prefix),
            ("PRAHO__SECRETS__KEYS".to_owned(), fixtures::KEYS.to_owned()),
            ("PRAHO__EGRESS__ALLOW".to_owned(), fixtures::NETWORKS.to_owned()),
            ("PRAHO__EGRESS__ALLOW_PLAINTEXT".to_owned(), "true".to_owned()),
            ("PRAHO__ENGINE__CONCURRENCY".to_owned(), "4".to_owned()),
        ]),
    )
    .unwrap();
    let shutdown = Shutdown::new();
    let service = tokio::spawn(dns_manager::run(config, shutdown.clone()));

    let mut jobs = Vec::new();
    for _ in 0..6 {
        let site = world.site().await;
        jobs.push((world.file(&site).await, site));
    }
    for (job, site) in jobs {
        eventually("the job to be completed", async || {
            (world.job(job).await.status == JobStatus::Completed).then_some(())
        })
        .await;
        assert_eq!(world.dig(site.name.as_str(), "A"), ["192.0.2.7"]);
    }
    let ready = testkit::http::client().get(format!("http://127.0.0.1:{port}/readyz"));
    assert_eq!(ready.send().await.unwrap().status(), 200);
    shutdown.request();
    service.await.unwrap().unwrap();
}

#[test]
fn reports_all_faults_of_its_configuration_at_once() {
    let faults = load_from::<dns_manager::Config>(
        None,
        HashMap::from([
            ("PRAHO__DATABASE__URL".to_owned(), "postgres://localhost/praho".to_owned()),
            ("PRAHO__AMQP__URL".to_owned(), "amqp://localhost".to_owned()),
            ("PRAHO__ENGINE__CONCURRENCY".to_owned(), "0".to_owned()),
            ("PRAHO__ENGINE__LEASE_SECONDS".to_owned(), "1".to_owned()),
        ]),
    )
    .unwrap_err();
    let keys: Vec<_> = faults.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(keys, ["engine.concurrency", "engine.lease_seconds", "secrets.keys"]);
}
