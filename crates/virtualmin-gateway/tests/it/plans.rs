//! Tests of the panel's own plans and templates.

use std::collections::HashMap;

use contracts::gateway::v1::{self, PlanTerms, plans_client::PlansClient};
use model::{
    fault::{Effect, Fault, FaultKind},
    fence::Change,
};
use simulators::virtualmin::{Fault as Wrong, FaultKind as WrongKind};

use crate::setup::{World, answer, verdict};

fn terms() -> PlanTerms {
    PlanTerms {
        name: "Shop plan".to_owned(),
        disk_kib: Some(1_048_576),
        domains: Some(0),
        transfer_bytes: Some(10_000_000_000),
        features: ["dns", "web"].map(str::to_owned).to_vec(),
        ..PlanTerms::default()
    }
}

impl World {
    fn plans(&self) -> PlansClient<tonic::transport::Channel> {
        PlansClient::new(self.channel.clone())
    }

    async fn create_plan(&self, terms: PlanTerms) -> Result<v1::PanelPlan, Fault> {
        self.may(Change::Plans).await;
        let (server_id, fence) = (self.server.to_string(), Some(self.fence.clone()));
        let request = v1::CreatePlanRequest { server_id, fence, terms: Some(terms) };
        answer(self.plans().create_plan(request).await)
    }

    async fn modify_plan(&self, id: &str, terms: PlanTerms) -> Result<v1::PanelPlan, Fault> {
        let request = v1::ModifyPlanRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            id: id.to_owned(),
            terms: Some(terms),
        };
        answer(self.plans().modify_plan(request).await)
    }

    async fn delete_plan(&self, id: &str) -> Result<bool, Fault> {
        let (server_id, fence) = (self.server.to_string(), Some(self.fence.clone()));
        let request = v1::DeletePlanRequest { server_id, fence, id: id.to_owned() };
        answer(self.plans().delete_plan(request).await).map(|it| it.existed)
    }

    async fn set(&self, id: &str, name: &str, value: &str) -> Result<(), Fault> {
        let request = v1::ModifyTemplateRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            id: id.to_owned(),
            settings: HashMap::from([(name.to_owned(), value.to_owned())]),
        };
        answer(self.plans().modify_template(request).await).map(drop)
    }
}

#[tokio::test]
async fn a_plan_is_made_once_and_has_exactly_its_terms() {
    let world = World::new().await;
    world.simulator.inject("create-plan", Wrong::once(WrongKind::LostAfterEffect));
    let made = world.create_plan(terms()).await.unwrap();
    assert_eq!(made.terms, Some(terms()));
    assert_eq!(world.create_plan(terms()).await.unwrap(), made);
    assert_eq!(world.simulator.calls("create-plan"), 1);
    let others = PlanTerms { disk_kib: None, ..terms() };
    let clash = world.create_plan(others.clone()).await;
    assert_eq!(verdict(clash), (FaultKind::Conflict, Effect::NotApplied));

    for _ in 0..2 {
        let changed = world.modify_plan(&made.id, others.clone()).await.unwrap();
        assert_eq!(changed.terms, Some(others.clone()));
    }
    assert_eq!(world.simulator.calls("modify-plan"), 1);
    let request = v1::ListPlansRequest { server_id: world.server.to_string() };
    let listed = answer(world.plans().list_plans(request).await).unwrap().plans;
    assert_eq!(listed.len(), 2);
    assert!(world.delete_plan(&made.id).await.unwrap());
    assert!(!world.delete_plan(&made.id).await.unwrap());
    let gone = world.modify_plan(&made.id, terms()).await;
    assert_eq!(verdict(gone), (FaultKind::NotFound, Effect::NotApplied));
}

#[tokio::test]
async fn a_panel_that_lies_about_a_plan_is_found_out() {
    let world = World::new().await;
    world.simulator.inject("create-plan", Wrong::once(WrongKind::SuccessWithoutEffect));
    let lie = world.create_plan(terms()).await;
    assert_eq!(verdict(lie), (FaultKind::Protocol, Effect::Unknown));
    for (bad, field) in [
        (PlanTerms { name: String::new(), ..terms() }, "terms.name"),
        (PlanTerms { disk_kib: Some(0), ..terms() }, "terms.disk_kib"),
        (PlanTerms { features: vec!["--x".to_owned()], ..terms() }, "features"),
        (PlanTerms { name: "a\nb".to_owned(), ..terms() }, "name"),
    ] {
        assert_eq!(world.create_plan(bad).await.unwrap_err().violations[0].field, field);
    }
    assert_eq!(world.simulator.calls("create-plan"), 1);
}

#[tokio::test]
async fn a_template_is_copied_and_only_harmless_settings_are_changed() {
    let world = World::new().await;
    world.may(Change::Plans).await;
    let request = v1::CreateTemplateRequest {
        server_id: world.server.to_string(),
        fence: Some(world.fence.clone()),
        name: "Shops".to_owned(),
        copy_of: "0".to_owned(),
    };
    let made = answer(world.plans().create_template(request.clone()).await).unwrap();
    let again = answer(world.plans().create_template(request).await).unwrap();
    assert_eq!((&made, world.simulator.calls("create-template")), (&again, 1));

    world.set(&made.id, "dns_ttl", "600").await.unwrap();
    world.set(&made.id, "dns_ttl", "600").await.unwrap();
    assert_eq!(world.simulator.calls("modify-template"), 1);
    for (name, value) in [("web", "Include /etc/shadow"), ("dns_ttl", "1;2"), ("dns_ttl", "")] {
        let fault = world.set(&made.id, name, value).await.unwrap_err();
        assert_eq!(fault.violations[0].field, format!("settings[{name}]"), "{fault}");
    }
    let (server_id, id) = (world.server.to_string(), made.id.clone());
    let get = v1::GetTemplateRequest { server_id, id };
    let settings = answer(world.plans().get_template(get).await).unwrap().settings;
    assert_eq!((settings["dns_ttl"].as_str(), settings["mysql_nopass"].as_str()), ("600", "***"));

    let delete = |id: &str| v1::DeleteTemplateRequest {
        server_id: world.server.to_string(),
        fence: Some(world.fence.clone()),
        id: id.to_owned(),
    };
    for existed in [true, false] {
        let deleted = answer(world.plans().delete_template(delete(&made.id)).await).unwrap();
        assert_eq!(deleted.existed, existed);
    }
    let kept = answer(world.plans().delete_template(delete("0")).await);
    assert_eq!(verdict(kept), (FaultKind::Refused, Effect::NotApplied));
}
