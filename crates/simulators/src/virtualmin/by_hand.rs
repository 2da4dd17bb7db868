//! Changes behind our back, as an administrator makes them on the server itself. They log no effect.

use super::clock;
use super::plan::Plan;
use super::simulator::Simulator;
use super::state::Change;
use super::virtual_server::{Disabled, VirtualServer};

impl Simulator {
    /// Disables a virtual server behind our back. Says whether there was one.
    pub fn disable_by_hand(&self, domain: &str) -> bool {
        self.edit(domain, |server| {
            let features = server.features.clone();
            let at = clock::now().unix_timestamp();
            server.disabled = Some(Disabled { why: None, at, features });
        })
    }

    /// Enables a virtual server behind our back. Says whether there was one.
    pub fn enable_by_hand(&self, domain: &str) -> bool {
        self.edit(domain, |server| server.disabled = None)
    }

    /// Changes a virtual server behind our back in any way but its domain. Says whether there was one.
    pub fn edit(&self, domain: &str, edit: impl FnOnce(&mut VirtualServer)) -> bool {
        let mut host = self.shared().host();
        let Some(mut server) = host.world.state.servers.get(domain).cloned() else {
            return false;
        };
        edit(&mut server);
        host.world.put(server);
        host.world.commit().is_ok()
    }

    /// Deletes a virtual server behind our back, without its sub-servers. Says whether there was one.
    pub fn delete_by_hand(&self, domain: &str) -> bool {
        let mut host = self.shared().host();
        let existed = host.world.state.servers.contains_key(domain);
        host.world.change(Change::Remove(domain.to_owned()));
        host.world.commit().is_ok() && existed
    }

    /// Creates a virtual server behind our back. Says whether the domain was free.
    pub fn create_by_hand(&self, domain: &str, username: &str) -> bool {
        let mut host = self.shared().host();
        let world = &mut host.world;
        if world.state.servers.contains_key(domain) {
            return false;
        }
        let now = clock::now();
        let (serial, id) = world.new_id(now);
        let plan = Plan::default_plan();
        world.put(VirtualServer {
            domain: domain.to_owned(),
            id,
            serial,
            username: username.to_owned(),
            group: username.to_owned(),
            prefix: username.to_owned(),
            home: format!("/home/{username}"),
            description: domain.to_owned(),
            features: ["unix", "dir", "dns", "mail", "web"].map(str::to_owned).to_vec(),
            template: "0".into(),
            limits: plan.limits,
            plan: plan.id,
            created_at: now.unix_timestamp(),
            password_set: true,
            ..VirtualServer::default()
        });
        world.commit().is_ok()
    }

    /// Takes a program away: it is listed no more, and cannot be run.
    pub fn uninstall(&self, program: &str) {
        self.shared().host().world.machine.lacks.insert(program.to_owned());
    }

    /// Brings every program back.
    pub fn install_all(&self) {
        self.shared().host().world.machine.lacks.clear();
    }

    /// Switches disk quotas on or off on the machine. The machine keeps its limits, but lists none without quotas.
    pub fn keep_quotas(&self, keeps: bool) {
        self.shared().host().world.machine.keeps_quotas = keeps;
    }

    /// Puts another version of Virtualmin on the machine.
    pub fn upgrade(&self, version: &str) {
        version.clone_into(&mut self.shared().host().world.machine.version);
    }
}
