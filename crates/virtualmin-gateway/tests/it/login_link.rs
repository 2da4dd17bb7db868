//! Login links, which are secrets.

use contracts::gateway::v1;
use model::{
    fault::{Effect, Fault, FaultKind},
    fence::Change,
};
use simulators::virtualmin::{Fault as PanelFault, FaultKind as Wrong};

use crate::setup::{SHOP, World, answer, verdict};

impl World {
    pub(crate) async fn login_link(&self) -> Result<String, Fault> {
        self.may(Change::LoginLink).await;
        let request = v1::CreateLoginLinkRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            lifetime_seconds: 60,
        };
        Ok(answer(self.client.clone().create_login_link(request).await)?.login_url)
    }
}

#[tokio::test]
async fn each_call_makes_a_link_of_its_own() {
    let world = World::new().await;
    world.shop().await;
    let links = [world.login_link().await.unwrap(), world.login_link().await.unwrap()];
    for (link, session) in links.iter().zip(world.simulator.sessions()) {
        let url = format!("https://{SHOP}:10000/session_login.cgi?session={session}");
        assert_eq!(*link, url);
    }
    assert_ne!(links[0], links[1]);
}

#[tokio::test]
async fn without_a_login_or_an_answer_there_is_no_link() {
    let world = World::without_rest().await;
    world.shop().await;
    world.simulator.inject("create-login-link", PanelFault::once(Wrong::LostAfterEffect));
    let lost = verdict(world.login_link().await);
    assert_eq!(lost, (FaultKind::Unavailable, Effect::Unknown));
    world.simulator.edit(SHOP, |it| it.features.retain(|feature| feature != "webmin"));
    let refused = verdict(world.login_link().await);
    assert_eq!(refused, (FaultKind::Refused, Effect::NotApplied));
}

#[tokio::test]
async fn nobody_is_logged_in_to_a_foreign_virtual_server() {
    let world = World::new().await;
    world.simulator.create_by_hand(SHOP, "shop");
    let foreign = verdict(world.login_link().await);
    assert_eq!(foreign, (FaultKind::Conflict, Effect::NotApplied));
    assert!(world.simulator.sessions().is_empty());
}
