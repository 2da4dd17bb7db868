//! Answers that are kept save calls, and no change is hidden by them.

use contracts::gateway::v1;
use model::fault::Fault;

use crate::setup::{SHOP, World, answer};

impl World {
    /// As `get`, from what is kept if it is there.
    async fn glance(&self) -> Result<v1::Domain, Fault> {
        let (server_id, domain) = (self.server.to_string(), SHOP.to_owned());
        let request = v1::GetDomainRequest { server_id, domain, no_cache: false };
        answer(self.client.clone().get_domain(request).await)
    }
}

#[tokio::test]
async fn an_answer_is_kept_until_the_server_changes() {
    let world = World::new().await;
    world.shop().await;
    let first = world.glance().await.unwrap();
    let calls = world.simulator.calls("list-domains");
    assert_eq!(world.glance().await.unwrap(), first);
    assert_eq!(world.simulator.calls("list-domains"), calls);
    assert!(world.get(SHOP).await.is_ok());
    assert_eq!(world.simulator.calls("list-domains"), calls + 1, "who asks for news gets it");
    world.disable(SHOP, "unpaid").await.unwrap();
    assert_eq!(world.glance().await.unwrap().disabled.as_deref(), Some("Manually (unpaid)"));
}

#[tokio::test]
async fn equal_questions_at_one_time_are_asked_once() {
    let world = World::new().await;
    world.simulator.set_latency("info", std::time::Duration::from_millis(300));
    let ask = async || {
        let request =
            v1::InspectHostRequest { server_id: world.server.to_string(), no_cache: false };
        answer(world.hosts.clone().inspect_host(request).await)
    };
    let (one, other) = tokio::join!(ask(), ask());
    assert_eq!(one.unwrap(), other.unwrap());
    assert_eq!(world.simulator.calls("info"), 1);
}
