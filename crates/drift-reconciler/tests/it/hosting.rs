//! Servers that are simulated hosts, and accounts with virtual servers on them.

use fixtures::{Site, rows};
use model::{
    account::{Account, HealAccount},
    ids::ServerId,
    server::Server,
};
use simulators::virtualmin::{Options, Simulator};

use crate::world::World;

/// A simulated host that is registered as a server.
pub(crate) struct Host {
    pub(crate) panel: Simulator,
    pub(crate) server: ServerId,
}

impl World {
    /// A host without accounts.
    pub(crate) async fn host(&self) -> Host {
        let panel = Simulator::start(Options::default()).await.unwrap();
        let server = self.register(&panel).await;
        Host { panel, server }
    }

    /// A server whose port is closed.
    pub(crate) async fn dead_server(&self) -> ServerId {
        let url = Some(format!("https://127.0.0.1:{}", testkit::free_port()));
        let server = Server { url, ..rows::server(self.tenant) };
        self.insert_server(&server, "praho", "none").await
    }

    /// An account with the right virtual server on the host.
    pub(crate) async fn site(&self, host: &Host) -> Site {
        self.sites(host, 1).await.remove(0)
    }

    /// As [`World::site`], `count` times.
    pub(crate) async fn sites(&self, host: &Host, count: usize) -> Vec<Site> {
        let mut sites = Vec::new();
        for _ in 0..count {
            let site = fixtures::Company::site(self, host.server).await;
            self.activate(&site).await;
            let order = HealAccount { account_id: site.account, terms: false };
            self.file_job(&self.job_of(&order).holding(host.server.mutation_slot())).await;
            sites.push(site);
        }
        assert_eq!(self.work_well().await, count);
        sites
    }
}

impl Host {
    /// Whether a site's virtual server exists, has the account's mark, and is switched on.
    pub(crate) fn serves(&self, site: &Site) -> bool {
        self.panel.domain(site.domain.as_str()).is_some_and(|it| {
            it.description == Account::marker(site.account)
                && it.limits.quota_blocks == 1024 * 1024
                && it.disabled.is_none()
        })
    }
}
