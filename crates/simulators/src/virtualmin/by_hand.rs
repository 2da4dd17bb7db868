//! Changes outside the remote API, as an administrator makes them on the server. They log no effect.

use super::clock;
use super::plan::Plan;
use super::simulator::Simulator;
use super::state::Change;
use super::virtual_server::{Disabled, VirtualServer};
use super::web_server::WebServer;

impl Simulator {
    /// Disables a virtual server outside the remote API; `false` if it does not exist.
    pub fn disable_by_hand(&self, domain: &str) -> bool {
        self.edit(domain, |server| {
            let features = server.features.clone();
            let at = clock::now().unix_timestamp();
            server.disabled = Some(Disabled { why: None, at, features });
        })
    }

    /// Enables a virtual server outside the remote API; `false` if it does not exist.
    pub fn enable_by_hand(&self, domain: &str) -> bool {
        self.edit(domain, |server| server.disabled = None)
    }

    /// Changes a virtual server outside the remote API, except its domain; `false` if it does not exist.
    pub fn edit(&self, domain: &str, edit: impl FnOnce(&mut VirtualServer)) -> bool {
        let mut host = self.shared().host();
        let Some(mut server) = host.world.state.servers.get(domain).cloned() else {
            return false;
        };
        edit(&mut server);
        host.world.put(server);
        host.world.commit().is_ok()
    }

    /// Deletes a virtual server outside the remote API, without its sub-servers; `false` if it does not exist.
    pub fn delete_by_hand(&self, domain: &str) -> bool {
        let mut host = self.shared().host();
        let existed = host.world.state.servers.contains_key(domain);
        host.world.change(Change::Remove(domain.to_owned()));
        host.world.commit().is_ok() && existed
    }

    /// Creates a virtual server outside the remote API; `false` if the domain is taken.
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

    /// Adds a Unix user, with a group of its name, that belongs to no virtual server; `false` if the user exists.
    pub fn add_user(&self, name: &str) -> bool {
        let world = &mut self.shared().host().world;
        let is_new = !world.has_user(name) && world.machine.users.insert(name.to_owned());
        if is_new {
            world.machine.groups.insert(name.to_owned());
        }
        is_new
    }

    /// Removes a Unix user of [`add_user`](Self::add_user), with its group; `false` if there is none.
    pub fn remove_user(&self, name: &str) -> bool {
        let machine = &mut self.shared().host().world.machine;
        machine.groups.remove(name);
        machine.users.remove(name)
    }

    /// Adds a Unix group that belongs to no virtual server; `false` if the group exists.
    pub fn add_group(&self, name: &str) -> bool {
        let world = &mut self.shared().host().world;
        !world.has_group(name) && world.machine.groups.insert(name.to_owned())
    }

    /// Adds a database of MySQL that belongs to no virtual server; `false` if it exists.
    pub fn add_database(&self, name: &str) -> bool {
        self.shared().host().world.machine.databases.insert(name.to_owned())
    }

    /// Adds a login of MySQL that belongs to no virtual server; `false` if it exists.
    pub fn add_database_user(&self, name: &str) -> bool {
        self.shared().host().world.machine.database_users.insert(name.to_owned())
    }

    /// Lets the machine list hashes of passwords, as at first, or the passwords themselves.
    pub fn hash_passwords(&self, hashes: bool) {
        self.shared().host().world.machine.hashes_passwords = hashes;
    }

    /// Removes a program: it is no longer listed and cannot be run.
    pub fn uninstall(&self, program: &str) {
        self.shared().host().world.machine.lacks.insert(program.to_owned());
    }

    /// Restores every program.
    pub fn install_all(&self) {
        self.shared().host().world.machine.lacks.clear();
    }

    /// Switches a feature off or on in the module's configuration; virtual servers that have it keep it.
    pub fn switch_feature(&self, code: &str, on: bool) {
        let off = &mut self.shared().host().world.machine.without_features;
        if on {
            off.remove(code);
        } else {
            off.insert(code.to_owned());
        }
    }

    /// Switches disk quotas on or off on the machine. It keeps the limits, but lists none while quotas are off.
    pub fn keep_quotas(&self, keeps: bool) {
        self.shared().host().world.machine.keeps_quotas = keeps;
    }

    /// Stops a server of the machine, such as `web`, or breaks it so that it does not start again; `false` if there is none.
    pub fn stop_service(&self, feature: &str, breaks: bool) -> bool {
        let services = &mut self.shared().host().world.machine.services;
        let service = services.iter_mut().find(|it| it.feature == feature);
        service.is_some_and(|it| {
            (it.up, it.broken) = (false, breaks);
            true
        })
    }

    /// Lets the machine reach a certificate authority of this name, or none, as at first.
    pub fn set_authority(&self, name: Option<&str>) {
        self.shared().host().world.machine.authority = name.map(str::to_owned);
    }

    /// Changes the state of the machine's web server.
    pub fn set_web_server(&self, state: WebServer) {
        self.shared().host().world.set_web_server(state);
    }

    /// Gives all websites the same first page, as a template of the panel can; `None`: each has one of its own.
    pub fn set_index_page(&self, page: Option<&str>) {
        self.shared().host().world.machine.index_page = page.map(str::to_owned);
    }

    /// Sets the machine's version of Virtualmin.
    pub fn upgrade(&self, version: &str) {
        version.clone_into(&mut self.shared().host().world.machine.version);
    }
}
