//! Features: told of a host, and switched on virtual servers that are ours.

use contracts::gateway::v1::{self, features_client::FeaturesClient};
use model::{
    fault::{Effect, Fault, FaultKind},
    fence::Change,
};
use simulators::virtualmin::{Fault as PanelFault, FaultKind as Wrong};
use tonic::transport::Channel;

use crate::setup::{SHOP, World, answer, verdict};

impl World {
    fn features(&self) -> FeaturesClient<Channel> {
        FeaturesClient::new(self.channel.clone())
    }

    async fn enable_features(&self, features: &[&str]) -> Result<v1::Domain, Fault> {
        self.may(Change::Features).await;
        let request = v1::EnableFeaturesRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            features: features.iter().map(ToString::to_string).collect(),
        };
        answer(self.features().enable_features(request).await)
    }

    async fn disable_features(&self, features: &[&str]) -> Result<v1::Domain, Fault> {
        self.may(Change::Features).await;
        let request = v1::DisableFeaturesRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            features: features.iter().map(ToString::to_string).collect(),
        };
        answer(self.features().disable_features(request).await)
    }
}

#[tokio::test]
async fn a_host_tells_what_it_offers() {
    let world = World::new().await;
    let request = v1::ListFeaturesRequest { server_id: world.server.to_string() };
    let listed = answer(world.features().list_features(request).await).unwrap().features;
    let of = |name: &str| listed.iter().find(|it| it.name == name).unwrap();
    assert!(of("web").offered && !of("postgres").offered);
    assert_eq!(of("mysql").description, "MariaDB database");
}

#[tokio::test]
async fn features_are_switched_once() {
    let world = World::new().await;
    world.shop().await;
    for _ in 0..2 {
        let domain = world.enable_features(&["web", "mysql", "dns"]).await.unwrap();
        assert!(
            ["web", "mysql", "dns"].iter().all(|it| domain.features.iter().any(|own| own == it))
        );
    }
    let databases = world.simulator.domain(SHOP).unwrap().contents.databases;
    assert_eq!((world.simulator.calls("enable-feature"), databases.len()), (1, 1));
    for _ in 0..2 {
        let domain = world.disable_features(&["mysql"]).await.unwrap();
        assert!(!domain.features.iter().any(|it| it == "mysql"));
    }
    assert_eq!(world.simulator.calls("disable-feature"), 1);
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_a_look_and_a_success_without_effect_found_out() {
    let world = World::without_rest().await;
    world.shop().await;
    for program in ["enable-feature", "disable-feature"] {
        world.simulator.inject(program, PanelFault::once(Wrong::LostAfterEffect));
    }
    world.enable_features(&["dns"]).await.unwrap();
    world.disable_features(&["dns"]).await.unwrap();
    for program in ["enable-feature", "disable-feature"] {
        world.simulator.inject(program, PanelFault::once(Wrong::SuccessWithoutEffect));
    }
    let unknown = (FaultKind::Protocol, Effect::Unknown);
    assert_eq!(verdict(world.enable_features(&["dns"]).await), unknown);
    assert_eq!(verdict(world.disable_features(&["web"]).await), unknown);
}

#[tokio::test]
async fn what_another_feature_needs_or_uses_is_refused_in_the_panels_words() {
    let world = World::new().await;
    world.shop().await;
    world.enable_features(&["ssl"]).await.unwrap();
    let refused = world.disable_features(&["web"]).await.unwrap_err();
    assert_eq!((refused.kind, refused.effect), (FaultKind::Refused, Effect::NotApplied));
    assert!(refused.message.contains("unless a website is configured"), "{refused}");
    world.simulator.add_database("shop");
    let refused = world.enable_features(&["mysql"]).await;
    assert_eq!(verdict(refused), (FaultKind::Refused, Effect::NotApplied));
    for features in [&[][..], &["unix"], &["post-command"]] {
        let refused = world.enable_features(features).await.unwrap_err();
        assert_eq!(refused.violations[0].field, "features");
    }
}

#[tokio::test]
async fn a_foreign_virtual_server_is_left_unchanged() {
    let world = World::new().await;
    world.simulator.create_by_hand(SHOP, "shop");
    let foreign = (FaultKind::Conflict, Effect::NotApplied);
    assert_eq!(verdict(world.enable_features(&["mysql"]).await), foreign);
    assert_eq!(verdict(world.disable_features(&["web"]).await), foreign);
    assert!(world.simulator.effects().is_empty());
}
