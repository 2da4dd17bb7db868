//! Databases and their password: changed once, found again, and never told.

use contracts::gateway::v1::{self, databases_client::DatabasesClient};
use model::{
    fault::{Effect, Fault, FaultKind},
    fence::Change,
};
use simulators::virtualmin::{Fault as PanelFault, FaultKind as Wrong};
use tonic::transport::Channel;

use crate::setup::{SHOP, World, answer, verdict};

impl World {
    fn databases(&self) -> DatabasesClient<Channel> {
        DatabasesClient::new(self.channel.clone())
    }

    /// A shop with MySQL.
    pub(crate) async fn shop_with_databases(&self) {
        let mut order = self.order(SHOP, "shop");
        order.features.push("mysql".to_owned());
        self.create(order).await.unwrap();
    }

    async fn create_database(&self, name: &str) -> Result<v1::Database, Fault> {
        self.may(Change::Databases).await;
        let request = v1::CreateDatabaseRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            name: name.to_owned(),
            r#type: "mysql".to_owned(),
        };
        answer(self.databases().create_database(request).await)
    }

    async fn delete_database(&self, name: &str) -> Result<bool, Fault> {
        self.may(Change::Databases).await;
        let request = v1::DeleteDatabaseRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            name: name.to_owned(),
            r#type: "mysql".to_owned(),
        };
        Ok(answer(self.databases().delete_database(request).await)?.existed)
    }

    async fn listed_databases(&self) -> Vec<v1::Database> {
        let (server_id, domain) = (self.server.to_string(), SHOP.to_owned());
        let request = v1::ListDatabasesRequest { server_id, domain };
        answer(self.databases().list_databases(request).await).unwrap().databases
    }

    pub(crate) async fn set_database_password(&self, password: &str) -> Result<(), Fault> {
        self.may(Change::Databases).await;
        let request = v1::SetDatabasePasswordRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            r#type: "mysql".to_owned(),
            password: password.to_owned(),
        };
        answer(self.databases().set_database_password(request).await).map(drop)
    }
}

#[tokio::test]
async fn a_database_is_made_once_and_deleted_once() {
    let world = World::new().await;
    world.shop_with_databases().await;
    let made = world.create_database("Shop_Extra").await.unwrap();
    assert_eq!((made.name.as_str(), made.r#type.as_str()), ("shop_extra", "mysql"));
    assert_eq!((made.size_bytes, made.tables), (Some(16_384), Some(0)));
    world.create_database("shop_extra").await.unwrap();
    assert_eq!(world.simulator.calls("create-database"), 1);
    let names: Vec<_> = world.listed_databases().await.into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["shop", "shop_extra"]);

    assert!(world.delete_database("shop_extra").await.unwrap());
    assert!(!world.delete_database("shop_extra").await.unwrap());
    assert_eq!(world.simulator.calls("delete-database"), 1);
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_a_look() {
    let world = World::new().await;
    world.shop_with_databases().await;
    for fault in [Wrong::LostAfterEffect, Wrong::TruncatedBody] {
        for program in ["create-database", "delete-database", "modify-database-pass"] {
            world.simulator.inject(program, PanelFault::once(fault.clone()));
        }
        world.create_database("shop_extra").await.unwrap();
        assert!(world.delete_database("shop_extra").await.unwrap());
        world.set_database_password(&format!("{fault:?}-pw")).await.unwrap();
    }
}

#[tokio::test]
async fn a_success_without_effect_is_found_out() {
    let world = World::without_rest().await;
    world.shop_with_databases().await;
    for program in ["create-database", "delete-database", "modify-database-pass"] {
        world.simulator.inject(program, PanelFault::once(Wrong::SuccessWithoutEffect));
    }
    let unknown = (FaultKind::Protocol, Effect::Unknown);
    assert_eq!(verdict(world.create_database("shop_extra").await), unknown);
    assert_eq!(verdict(world.delete_database("shop").await), unknown);
    assert_eq!(verdict(world.set_database_password("db-Passw0rd").await), unknown);
    assert_eq!(world.simulator.database_password(SHOP), None);
}

#[tokio::test]
async fn what_belongs_to_others_or_cannot_be_is_refused() {
    let world = World::new().await;
    world.shop().await;
    let without = (FaultKind::Refused, Effect::NotApplied);
    assert_eq!(verdict(world.create_database("shop").await), without);
    assert_eq!(verdict(world.set_database_password("db-Passw0rd").await), without);
    world.simulator.edit(SHOP, |it| it.features.push("mysql".to_owned()));
    world.simulator.add_database("neighbour");
    let taken = verdict(world.create_database("neighbour").await);
    assert_eq!(taken, (FaultKind::Conflict, Effect::NotApplied));
    let odd = world.create_database("a b").await.unwrap_err();
    assert_eq!((odd.kind, odd.violations[0].field.as_str()), (FaultKind::Invalid, "name"));
    let odd = world.set_database_password("a\nb").await.unwrap_err();
    assert_eq!((odd.kind, odd.violations[0].field.as_str()), (FaultKind::Invalid, "password"));
    assert!(world.listed_databases().await.is_empty());
}

#[tokio::test]
async fn the_password_is_set_and_a_closed_login_stays_closed() {
    let world = World::new().await;
    world.shop_with_databases().await;
    for _ in 0..2 {
        world.set_database_password("db-Passw0rd").await.unwrap();
        assert_eq!(world.simulator.database_password(SHOP).as_deref(), Some("db-Passw0rd"));
    }
    assert!(world.simulator.disable_by_hand(SHOP));
    let refused = world.set_database_password("other-Passw0rd").await;
    assert_eq!(verdict(refused), (FaultKind::Refused, Effect::NotApplied));
    assert_eq!(world.simulator.database_password(SHOP).as_deref(), Some("db-Passw0rd"));
}

#[tokio::test]
async fn a_foreign_virtual_server_is_left_unchanged() {
    let world = World::new().await;
    world.simulator.create_by_hand(SHOP, "shop");
    let foreign = (FaultKind::Conflict, Effect::NotApplied);
    assert_eq!(verdict(world.create_database("shop_extra").await), foreign);
    assert_eq!(verdict(world.delete_database("shop").await), foreign);
    assert_eq!(verdict(world.set_database_password("db-Passw0rd").await), foreign);
    assert!(world.simulator.effects().is_empty());
}
