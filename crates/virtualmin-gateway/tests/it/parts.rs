//! Sub-servers and alias servers of a virtual server that is ours.

use contracts::gateway::v1;
use model::{
    fault::{Effect, Fault, FaultKind},
    fence::Change,
};
use simulators::virtualmin::{Fault as PanelFault, FaultKind as Wrong, Kind};

use crate::setup::{SHOP, World, answer, verdict};

const BLOG: &str = "blog.shop.example";

impl World {
    async fn create_part(
        &self,
        name: &str,
        kind: &str,
        features: &[&str],
    ) -> Result<v1::Domain, Fault> {
        self.may(Change::Parts).await;
        let request = v1::CreatePartRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            name: name.to_owned(),
            r#type: kind.to_owned(),
            features: features.iter().map(ToString::to_string).collect(),
        };
        answer(self.client.clone().create_part(request).await)
    }

    async fn delete_part(&self, name: &str) -> Result<bool, Fault> {
        self.may(Change::Parts).await;
        let request = v1::DeletePartRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            name: name.to_owned(),
        };
        Ok(answer(self.client.clone().delete_part(request).await)?.existed)
    }
}

#[tokio::test]
async fn a_part_of_each_kind_is_made_once_and_deleted_once() {
    let world = World::new().await;
    world.shop().await;
    for (name, kind, features) in [
        (BLOG, "sub-server", &["web"][..]),
        ("other-shop.example", "alias", &["web"]),
        ("mail-shop.example", "alias", &["mail"]),
    ] {
        let created = world.simulator.calls("create-domain");
        for _ in 0..2 {
            let part = world.create_part(name, kind, features).await.unwrap();
            assert_eq!((part.r#type.as_str(), part.parent_domain.as_str()), (kind, SHOP));
            assert_eq!((part.username.as_str(), part.marker), ("shop", world.marker()));
        }
        assert_eq!(world.simulator.calls("create-domain"), created + 1, "{name}");
    }
    let own_mail = |name: &str| world.simulator.domain(name).unwrap().kind;
    let alias = |own_mail| Kind::Alias { of: SHOP.to_owned(), own_mail };
    assert_eq!(own_mail("mail-shop.example"), alias(true));
    assert_eq!(own_mail("other-shop.example"), alias(false));
    assert!(world.delete_part(BLOG).await.unwrap());
    assert!(!world.delete_part(BLOG).await.unwrap());
    assert!(world.simulator.domain(SHOP).is_some());
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_a_look_and_a_success_without_effect_found_out() {
    let world = World::without_rest().await;
    world.shop().await;
    for program in ["create-domain", "delete-domain"] {
        world.simulator.inject(program, PanelFault::once(Wrong::LostAfterEffect));
    }
    world.create_part(BLOG, "sub-server", &[]).await.unwrap();
    assert!(world.delete_part(BLOG).await.unwrap());
    let unknown = (FaultKind::Protocol, Effect::Unknown);
    world.simulator.inject("create-domain", PanelFault::once(Wrong::SuccessWithoutEffect));
    assert_eq!(verdict(world.create_part(BLOG, "sub-server", &[]).await), unknown);
    world.create_part(BLOG, "sub-server", &[]).await.unwrap();
    world.simulator.inject("delete-domain", PanelFault::once(Wrong::SuccessWithoutEffect));
    assert_eq!(verdict(world.delete_part(BLOG).await), unknown);
}

#[tokio::test]
async fn what_is_not_this_part_of_ours_is_a_conflict() {
    let world = World::new().await;
    world.shop().await;
    world.simulator.create_by_hand(BLOG, "blog");
    let conflict = (FaultKind::Conflict, Effect::NotApplied);
    assert_eq!(verdict(world.create_part(BLOG, "sub-server", &[]).await), conflict);
    assert_eq!(verdict(world.delete_part(BLOG).await), conflict);
    // Our mark on something that does not belong to the shop.
    let marker = world.marker();
    world.simulator.edit(BLOG, |it| it.description = marker);
    assert_eq!(verdict(world.delete_part(BLOG).await), conflict);
    assert_eq!(verdict(world.delete_part(SHOP).await), conflict, "the shop is no part of itself");
    assert!(world.simulator.domain(BLOG).is_some() && world.simulator.domain(SHOP).is_some());
}

#[tokio::test]
async fn a_part_that_lacks_something_is_not_taken_for_whole() {
    let world = World::new().await;
    world.shop().await;
    world.create_part(BLOG, "sub-server", &[]).await.unwrap();
    let lacks = world.create_part(BLOG, "sub-server", &["web"]).await.unwrap_err();
    assert_eq!((lacks.kind, lacks.effect), (FaultKind::Refused, Effect::Applied));
    assert!(lacks.message.contains("lacks web"), "{lacks}");
    assert!(world.create_part(BLOG, "alias", &["web"]).await.is_err(), "of another kind");
}
