//! Tests of the panel's own test of its host.

use contracts::gateway::v1;
use model::{
    fault::{Effect, Fault, FaultKind},
    fence::Change,
};
use simulators::virtualmin::WebServer;

use crate::setup::{World, answer, verdict};

impl World {
    async fn check(&self) -> Result<String, Fault> {
        self.may(Change::CheckConfig).await;
        let request = v1::CheckConfigRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
        };
        answer(self.hosts.clone().check_config(request).await).map(|it| it.complaint)
    }
}

#[tokio::test]
async fn a_host_in_order_has_no_complaint_and_another_one_says_which() {
    let world = World::new().await;
    assert_eq!(world.check().await.unwrap(), "");
    world.simulator.set_web_server(WebServer::BrokenConfiguration);
    let complaint = world.check().await.unwrap();
    assert!(
        complaint.contains("Apache configuration errors") && complaint.contains("Syntax error"),
        "{complaint}"
    );
    world.simulator.set_web_server(WebServer::Well);
    assert_eq!(world.check().await.unwrap(), "");
}

#[tokio::test]
async fn a_host_without_the_program_stays_in_service_and_refuses_the_test() {
    let world = World::new().await;
    world.simulator.uninstall("check-config");
    let host = world.info().await.unwrap();
    assert!(!host.programs.contains(&"check-config".to_owned()), "{:?}", host.programs);
    assert_eq!(verdict(world.check().await), (FaultKind::Refused, Effect::NotApplied));
}
