//! Tests of the state of hosts and of their servers.

use contracts::gateway::v1;
use model::{
    fault::{Effect, Fault, FaultKind},
    fence::Change,
};
use simulators::virtualmin::{Fault as Wrong, FaultKind as WrongKind};

use crate::setup::{World, answer, verdict};

impl World {
    async fn status(&self) -> v1::HostStatus {
        let request = v1::GetHostStatusRequest { server_id: self.server.to_string() };
        answer(self.hosts.clone().get_host_status(request).await).unwrap()
    }

    async fn restart(&self, name: &str, id: &str) -> Result<v1::Service, Fault> {
        self.may(Change::Restart).await;
        let request = v1::RestartServiceRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            name: name.to_owned(),
            id: id.to_owned(),
            reload: false,
        };
        answer(self.hosts.clone().restart_service(request).await)
    }
}

#[tokio::test]
async fn a_host_tells_what_runs_and_how_much_is_in_use() {
    let world = World::new().await;
    world.simulator.stop_service("mail", false);
    let status = world.status().await;
    let down: Vec<_> =
        status.services.iter().filter(|it| !it.up).map(|it| it.name.as_str()).collect();
    assert_eq!((status.services.len(), down), (5, vec!["mail"]));
    assert_eq!(status.load.unwrap().one, 2.63);
    assert_eq!(status.memory.unwrap().total_bytes, 8_028_836 * 1024);
    assert_eq!(status.disk.unwrap().free_bytes, 41_234_567_168);
}

#[tokio::test]
async fn a_server_runs_after_its_restart_or_the_fault_says_so() {
    let world = World::new().await;
    world.simulator.stop_service("web", false);
    assert!(world.restart("web", "").await.unwrap().up);
    assert_eq!(world.restart("fpm", "8.2").await.unwrap().id, "8.2");
    world.simulator.stop_service("web", true);
    let broken = world.restart("web", "").await.unwrap_err();
    assert_eq!(broken.kind, FaultKind::Unavailable);
    assert!(broken.message.contains("did not start"), "{broken}");
    world.simulator.inject("restart-server", Wrong::once(WrongKind::SuccessWithoutEffect));
    world.simulator.stop_service("mail", false);
    assert_eq!(world.restart("mail", "").await.unwrap_err().kind, FaultKind::Protocol);
}

#[tokio::test]
async fn only_servers_on_the_list_are_restarted() {
    let world = World::new().await;
    for name in ["webmin", "ssh", ""] {
        let fault = world.restart(name, "").await.unwrap_err();
        assert_eq!(fault.violations[0].field, "server", "{name}");
    }
    assert_eq!(world.simulator.calls("restart-server"), 0);
    let unknown = world.restart("postgres", "").await;
    assert_eq!(verdict(unknown), (FaultKind::Refused, Effect::NotApplied));
}
