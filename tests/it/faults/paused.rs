//! A worker stops for longer than its lease and then continues as if nothing had happened.

use super::ORDERS;
use crate::system::{Ground, System};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_stopped_for_longer_than_its_lease_does_no_harm() {
    let system =
        System::start_on(Ground { lease_seconds: 5, workers: 2, ..Ground::default() }).await;
    let frozen = system.service_named("worker 1");
    let process = frozen.with(|running| *running.process());
    let (mut orders, ()) = tokio::join!(system.order(ORDERS), async {
        system.created(ORDERS / 6).await;
        process.pause().await;
    });
    // The other worker finishes everything, including the frozen worker's jobs once their leases expire.
    system.all_is_well(&orders).await;
    process.resume();
    frozen.ready().await;
    orders.extend(system.order(20).await);
    system.all_is_well(&orders).await;
    assert_eq!(system.dead_letters(&system.servers.amqp_url).await, 0);
}
