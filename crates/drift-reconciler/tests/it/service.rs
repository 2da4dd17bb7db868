//! The whole service with a real broker: together with the worker it restores what was deleted by hand, and two
//! reconcilers share the work.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use chassis::{Shutdown, config::load_from};
use fixtures::KEYS;
use testkit::{eventually, eventually_within};
use tokio::task::JoinHandle;

use crate::world::World;

/// The configuration that all services of one world share, for a program and with `more` variables.
fn variables(
    world: &World,
    program: &str,
    prefix: &str,
    more: &[(&str, &str)],
) -> HashMap<String, String> {
    let database_url = world.database.url_of(program);
    let shared = [
        ("PRAHO__DATABASE__URL", database_url.as_str()),
        ("PRAHO__AMQP__URL", &testkit::servers().amqp_url),
        ("PRAHO__AMQP__PREFIX", prefix),
        ("PRAHO__GATEWAY__URL", &world.gateway_url),
    ];
    let all = shared.iter().chain(more);
    all.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Runs the service with a sweep of each server every `period_seconds`.
fn reconcile(
    world: &World,
    prefix: &str,
    listen: &str,
    period_seconds: &str,
    shutdown: &Shutdown,
) -> JoinHandle<anyhow::Result<()>> {
    let own = [("PRAHO__HTTP__LISTEN", listen), ("PRAHO__SWEEP__PERIOD_SECONDS", period_seconds)];
    let config = load_from(None, variables(world, "praho-drift-reconciler", prefix, &own)).unwrap();
    tokio::spawn(drift_reconciler::run(config, shutdown.clone()))
}

#[tokio::test(flavor = "multi_thread")]
async fn restores_virtual_servers_deleted_by_hand_until_it_is_stopped() {
    let world = World::new().await;
    let host = world.host().await;
    let site = world.site(&host).await;
    let prefix = format!("{}.", testkit::unique("reconciler"));
    fixtures::declare(&prefix).await;
    let port = testkit::free_port();
    let shutdown = Shutdown::new();
    let worker = [("PRAHO__HTTP__LISTEN", "127.0.0.1:0"), ("PRAHO__SECRETS__KEYS", KEYS)];
    let worker =
        load_from(None, variables(&world, "praho-provisioning-worker", &prefix, &worker)).unwrap();
    let worker = tokio::spawn(provisioning_worker::run(worker, shutdown.clone()));
    let reconciler = reconcile(&world, &prefix, &format!("127.0.0.1:{port}"), "1", &shutdown);

    for _ in 0..2 {
        assert!(host.panel.delete_by_hand(site.domain.as_str()));
        host.panel.create_by_hand("stray.test", "stray");
        eventually("the virtual server to be back", async || host.serves(&site).then_some(()))
            .await;
        eventually("its finding to be closed", async || {
            let open = world.findings(true).await;
            open.iter().all(|it| it.difference.account_id.is_none()).then_some(())
        })
        .await;
    }
    let ready = testkit::http::client().get(format!("http://127.0.0.1:{port}/readyz"));
    assert_eq!(ready.send().await.unwrap().status(), 200);
    shutdown.request();
    reconciler.await.unwrap().unwrap();
    worker.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_with_nothing_to_do_write_nothing_and_look_at_no_server_twice_in_a_period() {
    let world = World::new().await;
    let hosts = [world.host().await, world.host().await, world.host().await];
    for host in &hosts {
        world.site(host).await;
    }
    let listings = || hosts.each_ref().map(|it| it.panel.calls("list-domains"));
    let effects = || hosts.each_ref().map(|it| it.panel.effects().len());
    let (listed, done) = (listings(), effects());
    let prefix = format!("{}.", testkit::unique("reconciler"));
    fixtures::declare(&prefix).await;
    let shutdown = Shutdown::new();
    let began = Instant::now();
    let replicas = [0, 1].map(|_| reconcile(&world, &prefix, "127.0.0.1:0", "2", &shutdown));
    eventually("each server to be seen, and the outbox to be empty", async || {
        let rest = "SELECT NOT EXISTS (SELECT FROM outbox)
            AND 3 = (SELECT count(last_finished_at) FROM server_sweeps)";
        sqlx::query_scalar(rest).fetch_one(&world.pool).await.unwrap_or(false).then_some(())
    })
    .await;
    let before = world.digests().await;
    let sweeps = || std::array::from_fn::<_, 3, _>(|it| listings()[it] - listed[it]);
    eventually_within(Duration::from_secs(60), "each server to be seen four times", async || {
        let seen = sweeps();
        if seen.iter().all(|it| *it >= 4) { Ok(()) } else { Err(seen) }
    })
    .await;
    // The period is two seconds, with a jitter of a tenth either way.
    let (seen, most) = (sweeps(), 1 + (began.elapsed().as_secs_f64() / 1.8) as u64);
    assert_eq!((world.digests().await, effects()), (before, done));
    assert!(seen.iter().all(|it| *it <= most), "{seen:?} are more than {most}");
    shutdown.request();
    for replica in replicas {
        replica.await.unwrap().unwrap();
    }
}
