//! Calls over SSH while the panel is down, and only where a person allows them.

use std::time::Duration;

use model::{
    fault::{Effect, Fault, FaultKind, FaultReason},
    server::ServerFault,
    shell::Shell,
};
use simulators::virtualmin::{CommandLine, Fault as Wrong, FaultKind as Kind, Options};
use testkit::{Scratch, openssh::OpenSsh, proxy::Proxy};

use crate::setup::{ACCOUNT_PASSWORD, SHOP, World};

/// A host whose panel is reached by a line that can be taken away, and whose `sshd` stays.
struct Host {
    world: World,
    panel: Option<Proxy>,
    sshd: OpenSsh,
    scratch: Scratch,
    _command: CommandLine,
}

impl Host {
    async fn new() -> Self {
        let listen = ([127, 0, 0, 1], testkit::free_port()).into();
        let panel = Proxy::start(listen).await.unwrap();
        let url = format!("https://{}", panel.address());
        let options = Options { listen, ..Options::default() };
        let world = World::with(options, |registration| registration.url = url).await;
        let scratch = Scratch::new("break-glass");
        let command = CommandLine::start(&world.simulator, scratch.path()).await.unwrap();
        let path = format!("{}:/usr/bin:/bin", scratch.path().display());
        let folder = scratch.path().join("openssh");
        let sshd = OpenSsh::start(&folder, &[("PATH", path)]).await.unwrap();
        Self { world, panel: Some(panel), sshd, scratch, _command: command }
    }

    /// Registers the way to its shell.
    async fn register(&self) {
        let way = Shell {
            host: "127.0.0.1".to_owned(),
            port: self.sshd.address().port(),
            user: self.sshd.user().to_owned(),
            keys: vec![self.sshd.fingerprint().unwrap().parse().unwrap()],
            break_glass: None,
        };
        let World { server, company, .. } = &self.world;
        let key = self.sshd.private_key().unwrap();
        let sealed = company.keyring.seal(&server.shell_key_context(), key.as_bytes());
        let tx = company.store.begin().await.unwrap();
        tx.set_server_shell(*server, &way, Some(&sealed)).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn allow(&self, duration: Duration) {
        let tx = self.world.company.store.begin().await.unwrap();
        let until =
            tx.allow_break_glass(self.world.server, duration, "the panel is down", "token:1");
        assert!(until.await.unwrap().is_some());
        tx.commit().await.unwrap();
    }

    async fn end(&self) {
        let tx = self.world.company.store.begin().await.unwrap();
        assert!(tx.end_break_glass(self.world.server).await.unwrap());
        tx.commit().await.unwrap();
    }

    /// Whether anybody was let in by SSH.
    fn was_entered(&self) -> bool {
        let log = std::fs::read_to_string(self.scratch.path().join("openssh/log")).unwrap();
        log.contains("Accepted publickey")
    }

    async fn fault(&self) -> Option<ServerFault> {
        let row = self.world.company.store.server_by_id(self.world.server).await.unwrap();
        row.unwrap().fault
    }

    /// Checks that a fault tells a person what would help.
    async fn assert_names_the_command(&self, fault: &Fault) {
        let row = self.world.company.store.server_by_id(self.world.server).await.unwrap().unwrap();
        assert!(
            matches!(fault.kind, FaultKind::Unavailable | FaultKind::OutOfService),
            "{fault:?}"
        );
        assert_eq!(
            (fault.reason, fault.effect),
            (Some(FaultReason::PanelDown), Effect::NotApplied)
        );
        let command = format!("praho servers break-glass {} --for 30m --reason", row.name);
        assert!(fault.message.contains(&command), "{fault}");
    }
}

#[tokio::test]
async fn an_allowed_server_is_provisioned_while_its_panel_is_down_and_no_other() {
    let mut host = Host::new().await;
    host.panel = None;
    let order = || host.world.order(SHOP, "shop");
    host.assert_names_the_command(&host.world.create(order()).await.unwrap_err()).await;
    host.register().await;
    host.assert_names_the_command(&host.world.create(order()).await.unwrap_err()).await;
    assert!(!host.was_entered() && host.world.simulator.domain(SHOP).is_none());

    host.allow(Duration::from_secs(600)).await;
    let made = host.world.create(order()).await.unwrap();
    assert_eq!((made.name.as_str(), made.username.as_str()), (SHOP, "shop"));
    let simulator = &host.world.simulator;
    assert_eq!(simulator.password_of(SHOP).as_deref(), Some(ACCOUNT_PASSWORD));
    assert_eq!(host.world.list().await.unwrap().len(), 1);
    assert_eq!(host.world.names().await, [SHOP]);
    assert_eq!(host.world.get(SHOP).await.unwrap().marker, host.world.marker());
    assert!(host.world.info().await.unwrap().virtualmin_version.starts_with('8'));
    let stops = host.fault().await.unwrap();
    assert_eq!(stops.fault.reason, Some(FaultReason::PanelDown), "its panel is down all the same");

    host.end().await;
    host.assert_names_the_command(&host.world.get(SHOP).await.unwrap_err()).await;
}

#[tokio::test]
async fn the_leave_ends_by_itself() {
    let mut host = Host::new().await;
    host.panel = None;
    host.register().await;
    host.allow(Duration::ZERO).await;
    host.assert_names_the_command(&host.world.list().await.unwrap_err()).await;
    assert!(!host.was_entered());
}

#[tokio::test]
async fn a_page_in_place_of_an_answer_is_a_panel_that_is_down_too() {
    let host = Host::new().await;
    host.register().await;
    host.allow(Duration::from_secs(600)).await;
    host.world.simulator.inject("*", Wrong::always(Kind::HtmlPage));
    assert!(host.world.list().await.unwrap().is_empty());
    assert!(host.was_entered());
    // Nobody knows what became of a change, so that it is not made a second time.
    let unknown = host.world.create(host.world.order(SHOP, "shop")).await.unwrap_err();
    assert_eq!((unknown.kind, unknown.effect), (FaultKind::Protocol, Effect::Unknown), "{unknown}");
}

#[tokio::test]
async fn a_panel_that_refuses_us_is_not_down() {
    let host = Host::new().await;
    host.register().await;
    host.allow(Duration::from_secs(600)).await;
    host.world.simulator.set_password("another");
    let refused = host.world.list().await.unwrap_err();
    assert_eq!((refused.kind, refused.reason), (FaultKind::OutOfService, None), "{refused}");
    assert!(!host.was_entered());
}

#[tokio::test]
async fn a_host_with_another_key_is_not_entered() {
    let mut host = Host::new().await;
    host.panel = None;
    host.register().await;
    host.allow(Duration::from_secs(600)).await;
    host.sshd.change_host_key().await.unwrap();
    let refused = host.world.create(host.world.order(SHOP, "shop")).await.unwrap_err();
    assert_eq!((refused.kind, refused.effect), (FaultKind::Unavailable, Effect::NotApplied));
    assert!(refused.message.contains(&host.sshd.fingerprint().unwrap()), "{refused}");
    assert!(!host.was_entered());
}
