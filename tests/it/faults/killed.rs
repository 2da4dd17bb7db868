//! Services are killed, as in a power cut, and started again.

use super::ORDERS;
use crate::system::{Ground, System};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_service_killed_in_turn_and_started_again() {
    let system =
        System::start_on(Ground { lease_seconds: 10, panel_seconds: 10, ..Ground::default() })
            .await;
    let (orders, ()) = tokio::join!(system.order(ORDERS), async {
        for (number, service) in system.services().iter().enumerate() {
            system.created(ORDERS * (number + 1) / 8).await;
            service.kill().await;
            service.start_again().await;
        }
    });
    system.all_is_well(&orders).await;
    assert_eq!(system.dead_letters(&system.servers.amqp_url).await, 0);
}
