//! PHP of websites: changed as asked for, found again, and nothing that could run code.

use contracts::gateway::v1::{self, php_client::PhpClient};
use model::{
    fault::{Effect, Fault, FaultKind},
    fence::Change,
};
use simulators::virtualmin::{Fault as PanelFault, FaultKind as Wrong};
use tonic::transport::Channel;

use crate::setup::{SHOP, World, answer, verdict};

impl World {
    fn php(&self) -> PhpClient<Channel> {
        PhpClient::new(self.channel.clone())
    }

    async fn set_php(&self, request: v1::SetPhpRequest) -> Result<v1::WebsitePhp, Fault> {
        self.may(Change::Website).await;
        let request = v1::SetPhpRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            ..request
        };
        answer(self.php().set_php(request).await)
    }

    async fn set_mode(&self, mode: &str) -> Result<v1::WebsitePhp, Fault> {
        let mode = mode.to_owned();
        self.set_php(v1::SetPhpRequest { mode, ..v1::SetPhpRequest::default() }).await
    }

    async fn set_setting(&self, name: &str, value: &str) -> Result<v1::WebsitePhp, Fault> {
        let settings = [(name.to_owned(), value.to_owned())].into();
        self.set_php(v1::SetPhpRequest { settings, ..v1::SetPhpRequest::default() }).await
    }

    async fn set_php_directory(&self, directory: &str) -> Result<v1::PhpDirectory, Fault> {
        self.may(Change::Website).await;
        let request = v1::SetPhpDirectoryRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            directory: directory.to_owned(),
            version: "8.2".to_owned(),
        };
        answer(self.php().set_php_directory(request).await)
    }

    async fn delete_php_directory(&self, directory: &str) -> Result<bool, Fault> {
        self.may(Change::Website).await;
        let request = v1::DeletePhpDirectoryRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            directory: directory.to_owned(),
        };
        Ok(answer(self.php().delete_php_directory(request).await)?.existed)
    }

    async fn get_php(&self, domain: &str) -> Result<v1::WebsitePhp, Fault> {
        let (server_id, domain) = (self.server.to_string(), domain.to_owned());
        answer(self.php().get_php(v1::GetPhpRequest { server_id, domain }).await)
    }
}

#[tokio::test]
async fn the_versions_of_a_host_are_told() {
    let world = World::new().await;
    let request = v1::ListPhpVersionsRequest { server_id: world.server.to_string() };
    let versions = answer(world.php().list_php_versions(request).await).unwrap().versions;
    assert_eq!(versions[0].version, "8.2");
    assert_eq!(versions[0].modes, ["fpm", "fcgid", "cgi"]);
}

#[tokio::test]
async fn mode_version_time_and_settings_are_set() {
    let world = World::new().await;
    world.shop().await;
    assert_eq!(world.get_php(SHOP).await.unwrap().mode, "none");
    let request = v1::SetPhpRequest {
        mode: "fpm".to_owned(),
        version: "8.2".to_owned(),
        max_execution_seconds: Some(60),
        settings: [("memory_limit".to_owned(), "256M".to_owned())].into(),
        ..v1::SetPhpRequest::default()
    };
    let php = world.set_php(request).await.unwrap();
    assert_eq!((php.mode.as_str(), php.version.as_str()), ("fpm", "8.2"));
    assert_eq!((php.max_execution_seconds, php.directories.len()), (Some(60), 1));
    assert_eq!(php.settings["memory_limit"], "256M");
    assert_eq!(world.get_php(SHOP).await.unwrap(), php);
    let unlimited = Some(0);
    let request = v1::SetPhpRequest { max_execution_seconds: unlimited, ..Default::default() };
    assert_eq!(world.set_php(request).await.unwrap().max_execution_seconds, None);
}

#[tokio::test]
async fn a_directory_has_a_version_of_its_own_once() {
    let world = World::new().await;
    world.shop().await;
    world.set_mode("cgi").await.unwrap();
    for _ in 0..2 {
        let directory = world.set_php_directory("app").await.unwrap();
        assert_eq!(directory.path, "/home/shop/public_html/app");
    }
    assert_eq!(world.simulator.calls("set-php-directory"), 1);
    assert!(world.delete_php_directory("app").await.unwrap());
    assert!(!world.delete_php_directory("app").await.unwrap());
    world.set_mode("fpm").await.unwrap();
    let refused = world.set_php_directory("app").await;
    assert_eq!(verdict(refused), (FaultKind::Refused, Effect::NotApplied));
    let outside = world.set_php_directory("../other").await.unwrap_err();
    assert_eq!(outside.violations[0].field, "directory");
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_a_look_and_a_success_without_effect_found_out() {
    let world = World::without_rest().await;
    world.shop().await;
    world.simulator.inject("modify-web", PanelFault::once(Wrong::LostAfterEffect));
    world.set_mode("cgi").await.unwrap();
    for program in ["modify-php-ini", "set-php-directory", "delete-php-directory"] {
        world.simulator.inject(program, PanelFault::once(Wrong::LostAfterEffect));
    }
    world.set_setting("memory_limit", "64M").await.unwrap();
    world.set_php_directory("app").await.unwrap();
    assert!(world.delete_php_directory("app").await.unwrap());
    for program in ["modify-web", "modify-php-ini", "set-php-directory"] {
        world.simulator.inject(program, PanelFault::once(Wrong::SuccessWithoutEffect));
    }
    let unknown = (FaultKind::Protocol, Effect::Unknown);
    assert_eq!(verdict(world.set_mode("fpm").await), unknown);
    assert_eq!(verdict(world.set_setting("memory_limit", "128M").await), unknown);
    assert_eq!(verdict(world.set_php_directory("app").await), unknown);
}

#[tokio::test]
async fn what_cannot_be_set_is_refused_with_its_field() {
    let world = World::new().await;
    world.shop().await;
    let invalid = async |request: v1::SetPhpRequest| {
        let fault = world.set_php(request).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Invalid);
        fault.violations[0].field.clone()
    };
    let nothing = v1::SetPhpRequest::default;
    let mode = "mod_php".to_owned();
    assert_eq!(invalid(v1::SetPhpRequest { mode, ..nothing() }).await, "mode");
    let version = "latest".to_owned();
    assert_eq!(invalid(v1::SetPhpRequest { version, ..nothing() }).await, "version");
    let settings = [("auto_prepend_file".to_owned(), "/x".to_owned())].into();
    let field = invalid(v1::SetPhpRequest { settings, ..nothing() }).await;
    assert_eq!(field, "settings[auto_prepend_file]");
    let too_long = v1::SetPhpRequest { max_execution_seconds: Some(86_401), ..nothing() };
    assert_eq!(invalid(too_long).await, "max_execution_seconds");
    assert_eq!(world.simulator.calls("modify-web"), 0);
    world.simulator.edit(SHOP, |it| it.features.retain(|feature| feature != "web"));
    let without = verdict(world.set_mode("fpm").await);
    assert_eq!(without, (FaultKind::Refused, Effect::NotApplied));
    assert_eq!(verdict(world.get_php(SHOP).await).0, FaultKind::NotFound);
    assert_eq!(verdict(world.get_php("other.example").await).0, FaultKind::NotFound);
}

#[tokio::test]
async fn a_foreign_virtual_server_is_left_unchanged() {
    let world = World::new().await;
    world.simulator.create_by_hand(SHOP, "shop");
    let foreign = (FaultKind::Conflict, Effect::NotApplied);
    assert_eq!(verdict(world.set_mode("fpm").await), foreign);
    assert_eq!(verdict(world.set_php_directory("app").await), foreign);
    assert_eq!(verdict(world.delete_php_directory("app").await), foreign);
    assert!(world.simulator.effects().is_empty());
}
