//! New names of virtual servers and of their users.

use contracts::gateway::v1;
use model::{
    fault::{Effect, Fault, FaultKind, FaultReason},
    fence::Change,
};
use simulators::virtualmin::{Fault as PanelFault, FaultKind as Wrong};

use crate::setup::{ACCOUNT_PASSWORD, SHOP, World, answer, verdict};

const NEW: &str = "store.example";

impl World {
    async fn rename(&self, new: &str, user: &str) -> Result<v1::Domain, Fault> {
        self.may(Change::Rename).await;
        let request = v1::RenameDomainRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            new_domain: new.to_owned(),
            new_username: user.to_owned(),
        };
        answer(self.client.clone().rename_domain(request).await)
    }

    async fn rename_user(&self, user: &str) -> Result<v1::Domain, Fault> {
        self.may(Change::Rename).await;
        let request = v1::RenameUserRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            new_username: user.to_owned(),
        };
        answer(self.client.clone().rename_user(request).await)
    }
}

#[tokio::test]
async fn a_new_domain_takes_user_and_home_along_once() {
    let world = World::new().await;
    world.shop().await;
    for _ in 0..2 {
        let domain = world.rename(NEW, "store").await.unwrap();
        assert_eq!((domain.name.as_str(), domain.username.as_str()), (NEW, "store"));
    }
    assert_eq!(world.simulator.calls("rename-domain"), 1);
    let made = world.simulator.domain(NEW).unwrap();
    assert_eq!((made.home.as_str(), made.description), ("/home/store", world.marker()));
    assert_eq!(world.simulator.password_of(NEW).as_deref(), Some(ACCOUNT_PASSWORD));
    assert_eq!(world.simulator.domain(SHOP), None);
}

#[tokio::test]
async fn a_user_gets_another_name_once() {
    let world = World::new().await;
    world.shop().await;
    let calls = world.simulator.calls("modify-domain");
    for _ in 0..2 {
        assert_eq!(world.rename_user("store").await.unwrap().username, "store");
    }
    assert_eq!(world.simulator.calls("modify-domain"), calls + 1);
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_a_look_and_a_success_without_effect_found_out() {
    let world = World::without_rest().await;
    world.shop().await;
    let unknown = (FaultKind::Protocol, Effect::Unknown);
    world.simulator.inject("modify-domain", PanelFault::once(Wrong::SuccessWithoutEffect));
    assert_eq!(verdict(world.rename_user("store").await), unknown);
    world.simulator.inject("modify-domain", PanelFault::once(Wrong::LostAfterEffect));
    world.rename_user("store").await.unwrap();
    world.simulator.inject("rename-domain", PanelFault::once(Wrong::SuccessWithoutEffect));
    assert_eq!(verdict(world.rename(NEW, "").await), unknown);
    world.simulator.inject("rename-domain", PanelFault::once(Wrong::LostAfterEffect));
    world.rename(NEW, "").await.unwrap();
}

#[tokio::test]
async fn a_name_that_is_taken_is_a_conflict_that_says_of_what() {
    let world = World::new().await;
    world.shop().await;
    world.simulator.create_by_hand(NEW, "store");
    let domain = world.rename(NEW, "").await.unwrap_err();
    assert_eq!((domain.kind, domain.effect), (FaultKind::Conflict, Effect::NotApplied));
    assert_eq!(domain.reason, None);
    for user in [world.rename("third.example", "store").await, world.rename_user("store").await] {
        let user = user.unwrap_err();
        assert_eq!((user.kind, user.effect), (FaultKind::Conflict, Effect::NotApplied));
        assert_eq!(user.reason, Some(FaultReason::UsernameTaken));
    }
    for (new, user, field) in
        [("a..b", "", "new_domain"), (SHOP, "", "new_domain"), (NEW, "root", "new_username")]
    {
        let refused = world.rename(new, user).await.unwrap_err();
        assert_eq!(refused.violations[0].field, field);
    }
}

#[tokio::test]
async fn a_foreign_or_missing_virtual_server_is_left_unchanged() {
    let world = World::new().await;
    let missing = (FaultKind::NotFound, Effect::NotApplied);
    assert_eq!(verdict(world.rename(NEW, "").await), missing);
    world.simulator.create_by_hand(SHOP, "shop");
    let foreign = (FaultKind::Conflict, Effect::NotApplied);
    assert_eq!(verdict(world.rename(NEW, "").await), foreign);
    assert_eq!(verdict(world.rename_user("store").await), foreign);
    assert!(world.simulator.effects().is_empty());
}
