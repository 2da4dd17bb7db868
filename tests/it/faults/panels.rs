//! Panels hang, answer with web pages, lose their answers, and report success for changes that they did not
//! make.

use simulators::virtualmin::{Fault, FaultKind};

use super::ORDERS;
use crate::system::{Ground, System};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn panels_that_hang_and_lie() {
    let ground = Ground { panel_seconds: 2, ..Ground::default() };
    let system = System::start_on(ground).await;
    let faults = [
        FaultKind::Hang,
        FaultKind::Stall,
        FaultKind::Status { status: 502 },
        FaultKind::HtmlPage,
        FaultKind::LostBeforeEffect,
        FaultKind::LostAfterEffect,
        FaultKind::SuccessWithoutEffect,
        FaultKind::TruncatedBody,
    ];
    let (orders, ()) = tokio::join!(system.order(ORDERS), async {
        for (number, fault) in faults.into_iter().enumerate() {
            system.created(15 * (number + 1)).await;
            for panel in &system.panels {
                panel.inject("create-domain", Fault::always(fault.clone()).times(2));
                panel.inject("*", Fault::always(fault.clone()).every(10).times(2));
            }
        }
    });
    system.all_is_well(&orders).await;
    assert_eq!(system.dead_letters(&system.servers.amqp_url).await, 0);
}
