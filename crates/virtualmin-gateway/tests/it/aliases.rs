//! Mail aliases: made, found again and deleted, whatever the panel answers.

use contracts::gateway::v1::{self, aliases_client::AliasesClient};
use model::{
    fault::{Effect, Fault, FaultKind},
    fence::Change,
};
use simulators::virtualmin::{Fault as PanelFault, FaultKind as Wrong};
use tonic::transport::Channel;

use crate::setup::{SHOP, World, answer, verdict};

impl World {
    fn aliases(&self) -> AliasesClient<Channel> {
        AliasesClient::new(self.channel.clone())
    }

    async fn create_alias(&self, from: &str, to: &[&str]) -> Result<v1::Alias, Fault> {
        self.may(Change::Mail).await;
        let request = v1::CreateAliasRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            from: from.to_owned(),
            to: to.iter().map(ToString::to_string).collect(),
        };
        answer(self.aliases().create_alias(request).await)
    }

    async fn delete_alias(&self, from: &str) -> Result<bool, Fault> {
        self.may(Change::Mail).await;
        let request = v1::DeleteAliasRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            from: from.to_owned(),
        };
        Ok(answer(self.aliases().delete_alias(request).await)?.existed)
    }

    async fn listed_aliases(&self) -> Vec<String> {
        let (server_id, domain) = (self.server.to_string(), SHOP.to_owned());
        let request = v1::ListAliasesRequest { server_id, domain };
        let listed = answer(self.aliases().list_aliases(request).await).unwrap();
        listed.aliases.into_iter().map(|it| it.from).collect()
    }
}

const BOB: &[&str] = &["bob@shop.example"];

#[tokio::test]
async fn an_alias_is_made_once_and_deleted_once() {
    let world = World::new().await;
    world.shop().await;
    let to = ["bob@shop.example", "ext@other.example"];
    let made = world.create_alias("team", &to).await.unwrap();
    assert_eq!((made.from.as_str(), made.to.as_slice()), ("team", &to.map(str::to_owned)[..]));
    let again = world.create_alias("team", &[to[1], to[0]]).await.unwrap();
    assert_eq!((again, world.simulator.calls("create-alias")), (made, 1));
    let names = ["abuse", "webmaster", "hostmaster", "postmaster", "team"];
    assert_eq!(world.listed_aliases().await, names);

    assert!(world.delete_alias("team").await.unwrap());
    assert!(!world.delete_alias("team").await.unwrap());
    assert_eq!(world.simulator.calls("delete-alias"), 1);
}

#[tokio::test]
async fn a_catch_all_is_made_by_the_program_that_takes_one() {
    let world = World::new().await;
    world.shop().await;
    for _ in 0..2 {
        assert_eq!(world.create_alias("*", BOB).await.unwrap().from, "*");
    }
    let calls = ["create-alias", "create-simple-alias"].map(|it| world.simulator.calls(it));
    assert_eq!(calls, [0, 1]);
    assert!(world.delete_alias("*").await.unwrap());
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_a_look() {
    let world = World::new().await;
    world.shop().await;
    for (program, fault) in [
        ("create-alias", Wrong::LostAfterEffect),
        ("create-alias", Wrong::TruncatedBody),
        ("delete-alias", Wrong::LostAfterEffect),
        ("delete-alias", Wrong::HtmlPage),
    ] {
        world.simulator.inject(program, PanelFault::once(fault.clone()));
        let made = world.create_alias("team", BOB).await;
        assert_eq!(made.unwrap().from, "team", "{program} {fault:?}");
        let deleted = world.delete_alias("team").await;
        if fault == Wrong::HtmlPage {
            assert_eq!(verdict(deleted), (FaultKind::Protocol, Effect::Unknown));
        } else {
            assert!(deleted.unwrap(), "{program} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_success_without_effect_is_found_out() {
    let world = World::without_rest().await;
    world.shop().await;
    world.simulator.inject("create-alias", PanelFault::once(Wrong::SuccessWithoutEffect));
    let made = world.create_alias("team", BOB).await;
    assert_eq!(verdict(made), (FaultKind::Protocol, Effect::Unknown));
    world.create_alias("team", BOB).await.unwrap();
    world.simulator.inject("delete-alias", PanelFault::once(Wrong::SuccessWithoutEffect));
    let deleted = world.delete_alias("team").await;
    assert_eq!(verdict(deleted), (FaultKind::Protocol, Effect::Unknown));
}

#[tokio::test]
async fn what_cannot_be_made_touches_nothing() {
    let world = World::new().await;
    world.shop().await;
    let elsewhere = world.create_alias("abuse", BOB).await;
    assert_eq!(verdict(elsewhere), (FaultKind::Conflict, Effect::NotApplied));
    for (from, to, field) in [
        ("a b", BOB, "from"),
        ("team", &[], "to"),
        ("team", &["|/bin/sh"], "to"),
        ("*", &["/etc/passwd"], "to"),
    ] {
        let refused = world.create_alias(from, to).await.unwrap_err();
        assert_eq!(
            (refused.kind, refused.violations[0].field.as_str()),
            (FaultKind::Invalid, field)
        );
    }
    assert_eq!(world.simulator.calls("create-alias"), 0);
}

#[tokio::test]
async fn a_foreign_virtual_server_is_left_unchanged() {
    let world = World::new().await;
    world.simulator.create_by_hand(SHOP, "shop");
    let made = world.create_alias("team", BOB).await;
    assert_eq!(verdict(made), (FaultKind::Conflict, Effect::NotApplied));
    let deleted = world.delete_alias("team").await;
    assert_eq!(verdict(deleted), (FaultKind::Conflict, Effect::NotApplied));
    assert!(world.simulator.effects().is_empty());
}
