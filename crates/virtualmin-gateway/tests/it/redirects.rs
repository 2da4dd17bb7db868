//! Redirects: made once although the panel would double them, and deleted once.

use contracts::gateway::v1::{self, redirects_client::RedirectsClient};
use model::{
    fault::{Effect, Fault, FaultKind},
    fence::Change,
};
use simulators::virtualmin::{Fault as PanelFault, FaultKind as Wrong};
use tonic::transport::Channel;

use crate::setup::{SHOP, World, answer, verdict};

impl World {
    fn redirects(&self) -> RedirectsClient<Channel> {
        RedirectsClient::new(self.channel.clone())
    }

    async fn create_redirect(&self, redirect: v1::Redirect) -> Result<v1::Redirect, Fault> {
        self.may(Change::Website).await;
        let request = v1::CreateRedirectRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            redirect: Some(redirect),
        };
        answer(self.redirects().create_redirect(request).await)
    }

    async fn delete_redirect(&self, path: &str, host: &str) -> Result<bool, Fault> {
        self.may(Change::Website).await;
        let request = v1::DeleteRedirectRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            path: path.to_owned(),
            host: host.to_owned(),
        };
        Ok(answer(self.redirects().delete_redirect(request).await)?.existed)
    }

    async fn listed_redirects(&self) -> Result<Vec<v1::Redirect>, Fault> {
        let (server_id, domain) = (self.server.to_string(), SHOP.to_owned());
        let request = v1::ListRedirectsRequest { server_id, domain };
        Ok(answer(self.redirects().list_redirects(request).await)?.redirects)
    }
}

fn old() -> v1::Redirect {
    v1::Redirect {
        path: "/old".to_owned(),
        target: "https://new.example/x".to_owned(),
        r#match: "path".to_owned(),
        code: 301,
        host: String::new(),
    }
}

#[tokio::test]
async fn a_redirect_is_made_once_and_deleted_once() {
    let world = World::new().await;
    world.shop().await;
    for _ in 0..2 {
        assert_eq!(world.create_redirect(old()).await.unwrap(), old());
    }
    let of_www = v1::Redirect {
        r#match: "exact".to_owned(),
        code: 0,
        host: "www.shop.example".to_owned(),
        ..old()
    };
    world.create_redirect(of_www.clone()).await.unwrap();
    assert_eq!(world.listed_redirects().await.unwrap(), [old(), of_www]);
    assert_eq!(world.simulator.calls("create-redirect"), 2);
    assert!(world.delete_redirect("/old", "www.shop.example").await.unwrap());
    assert!(world.delete_redirect("/old", "").await.unwrap());
    assert!(!world.delete_redirect("/old", "").await.unwrap());
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_a_look_and_a_success_without_effect_found_out() {
    let world = World::without_rest().await;
    world.shop().await;
    for fault in [Wrong::LostAfterEffect, Wrong::TruncatedBody] {
        for program in ["create-redirect", "delete-redirect"] {
            world.simulator.inject(program, PanelFault::once(fault.clone()));
        }
        world.create_redirect(old()).await.unwrap();
        assert!(world.delete_redirect("/old", "").await.unwrap());
    }
    let unknown = (FaultKind::Protocol, Effect::Unknown);
    world.simulator.inject("create-redirect", PanelFault::once(Wrong::SuccessWithoutEffect));
    assert_eq!(verdict(world.create_redirect(old()).await), unknown);
    world.create_redirect(old()).await.unwrap();
    world.simulator.inject("delete-redirect", PanelFault::once(Wrong::SuccessWithoutEffect));
    assert_eq!(verdict(world.delete_redirect("/old", "").await), unknown);
}

#[tokio::test]
async fn what_cannot_be_made_touches_nothing() {
    let world = World::new().await;
    world.shop().await;
    world.create_redirect(old()).await.unwrap();
    let elsewhere = v1::Redirect { target: "/elsewhere".to_owned(), ..old() };
    let conflict = verdict(world.create_redirect(elsewhere).await);
    assert_eq!(conflict, (FaultKind::Conflict, Effect::NotApplied));
    let odd = v1::Redirect { r#match: "regexp".to_owned(), ..old() };
    let refused = world.create_redirect(odd).await.unwrap_err();
    assert_eq!(refused.violations[0].field, "redirect.match");
    world.simulator.edit(SHOP, |it| it.features.retain(|feature| feature != "web"));
    let without = verdict(world.create_redirect(old()).await);
    assert_eq!(without, (FaultKind::Refused, Effect::NotApplied));
    assert_eq!(world.simulator.calls("create-redirect"), 1);
}

#[tokio::test]
async fn a_foreign_virtual_server_is_left_unchanged() {
    let world = World::new().await;
    world.simulator.create_by_hand(SHOP, "shop");
    let foreign = (FaultKind::Conflict, Effect::NotApplied);
    assert_eq!(verdict(world.create_redirect(old()).await), foreign);
    assert_eq!(verdict(world.delete_redirect("/old", "").await), foreign);
    assert!(world.simulator.effects().is_empty());
}
