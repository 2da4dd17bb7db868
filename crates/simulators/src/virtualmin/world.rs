//! The environment of a running program: the state, the machine, and the functions that change the state.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;

use serde::Serialize;
use time::OffsetDateTime;

use super::clock;
use super::effect::{Effect, EffectKind};
use super::journal::Journal;
use super::plan::Plan;
use super::service::Service;
use super::state::{Change, State};
use super::virtual_server::VirtualServer;
use super::web_server::WebServer;

/// Facts about the machine that answers contain.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Machine {
    /// The host name.
    pub(super) hostname: String,
    /// The default shared address of virtual servers.
    pub(super) ip_address: String,
    /// The version of Virtualmin.
    pub(super) version: String,
    /// The programs that are not installed.
    pub(super) lacks: BTreeSet<String>,
    /// The features that are switched off beside those that the recorded machine does not offer.
    pub(super) without_features: BTreeSet<String>,
    /// Whether it keeps disk quotas.
    pub(super) keeps_quotas: bool,
    /// Whether it lists hashes of passwords, and not the passwords.
    pub(super) hashes_passwords: bool,
    /// The state of the web server.
    pub(super) web_server: WebServer,
    /// The sites that the web server had loaded when its configuration was broken.
    pub(super) loaded: BTreeSet<String>,
    /// The servers that the panel watches.
    pub(super) services: Vec<Service>,
    /// The certificate authority that the machine reaches. Without one, no host name resolves there, as on the recorded
    /// machine.
    pub(super) authority: Option<String>,
    /// The first page of every website, if it is the same for all.
    pub(super) index_page: Option<String>,
    /// Unix users that belong to no virtual server.
    pub(super) users: BTreeSet<String>,
    /// Unix groups that belong to no virtual server.
    pub(super) groups: BTreeSet<String>,
    /// Databases and logins of MySQL that belong to no virtual server.
    pub(super) databases: BTreeSet<String>,
    pub(super) database_users: BTreeSet<String>,
}

impl Machine {
    /// A machine with this host name and every program.
    pub(super) fn new(hostname: String) -> Self {
        let (ip_address, version) = ("127.0.0.1".to_owned(), "8.1.0".to_owned());
        let root = BTreeSet::from(["root".to_owned()]);
        Self {
            hostname,
            ip_address,
            version,
            lacks: BTreeSet::new(),
            without_features: BTreeSet::new(),
            keeps_quotas: true,
            hashes_passwords: true,
            web_server: WebServer::Well,
            loaded: BTreeSet::new(),
            services: Service::all(),
            authority: None,
            index_page: None,
            users: root.clone(),
            groups: root,
            databases: BTreeSet::new(),
            database_users: BTreeSet::new(),
        }
    }
}

/// The call that is being served.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// The program.
    pub(super) program: String,
    /// Its arguments, without secrets.
    pub(super) arguments: Vec<String>,
    /// The time of the call.
    pub(super) now: OffsetDateTime,
}

/// The state and the machine, for one program at a time.
#[derive(Debug)]
pub(super) struct World {
    pub(super) state: State,
    pub(super) machine: Machine,
    /// The passwords of virtual servers by domain, as set since the start. No file has them.
    pub(super) passwords: Passwords,
    /// The sessions of login links, oldest first. No file has them either.
    pub(super) sessions: Vec<String>,
    journal: Option<Journal>,
    pending: Vec<Change>,
}

/// Passwords by domain, and by domain with what they are for; they print as these.
#[derive(Default)]
pub(super) struct Passwords(BTreeMap<String, String>);

impl Passwords {
    pub(super) fn set(&mut self, domain: &str, password: String) {
        self.0.insert(domain.to_owned(), password);
    }

    pub(super) fn get(&self, domain: &str) -> Option<&str> {
        self.0.get(domain).map(String::as_str)
    }

    /// The key of a mailbox's password.
    pub(super) fn mailbox(domain: &str, name: &str) -> String {
        format!("{domain}/mailbox/{name}")
    }

    /// The key of the password for MySQL.
    pub(super) fn mysql(domain: &str) -> String {
        format!("{domain}/mysql")
    }

    /// The key of the private key of a certificate.
    pub(super) fn certificate(domain: &str) -> String {
        format!("{domain}/certificate")
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }

    /// Removes the passwords of a virtual server and of all that it holds.
    pub(super) fn forget(&mut self, domain: &str) {
        self.0.retain(|key, _| after(key, domain).is_none());
    }

    /// Keeps the passwords of a virtual server, and of all that it holds, under its new name.
    pub(super) fn rename(&mut self, old: &str, new: &str) {
        for (key, password) in std::mem::take(&mut self.0) {
            let moved = after(&key, old).map(|rest| format!("{new}{rest}"));
            self.0.insert(moved.unwrap_or(key), password);
        }
    }
}

/// What follows the domain in the key of one of its passwords.
fn after<'a>(key: &'a str, domain: &str) -> Option<&'a str> {
    key.strip_prefix(domain).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl World {
    /// A world that writes to `journal`, or only to memory.
    pub(super) fn new(state: State, machine: Machine, journal: Option<Journal>) -> Self {
        let (passwords, sessions, pending) = (Passwords::default(), Vec::new(), Vec::new());
        Self { state, machine, passwords, sessions, journal, pending }
    }

    /// A copy for a trial run, which changes nothing real.
    pub(super) fn rehearsal(&self) -> Self {
        Self::new(self.state.clone(), self.machine.clone(), None)
    }

    /// Changes the state of the web server. One whose configuration is broken keeps the sites that it has.
    pub(super) fn set_web_server(&mut self, state: WebServer) {
        if self.machine.web_server != WebServer::BrokenConfiguration {
            self.machine.loaded = self.state.servers.keys().cloned().collect();
        }
        self.machine.web_server = state;
    }

    /// Makes a change and keeps it for [`commit`](Self::commit).
    pub(super) fn change(&mut self, change: Change) {
        if self.journal.is_some() {
            self.pending.push(change.clone());
        }
        if let Change::Remove(domain) = &change {
            self.passwords.forget(domain);
        }
        self.state.apply(change);
    }

    /// Stores a virtual server.
    pub(super) fn put(&mut self, server: VirtualServer) {
        self.change(Change::Put(Box::new(server)));
    }

    /// Adds an effect to the log.
    pub(super) fn effect(&mut self, origin: &Origin, kind: EffectKind, domain: &str) {
        let effect = Effect {
            seq: self.state.effects.len() as u64 + 1,
            at: clock::milliseconds(origin.now),
            program: origin.program.clone(),
            domain: domain.to_owned(),
            kind,
            arguments: origin.arguments.clone(),
        };
        self.change(Change::Effect(effect));
    }

    /// Whether the Unix user exists.
    pub(super) fn has_user(&self, user: &str) -> bool {
        self.machine.users.contains(user) || self.state.has_user(user)
    }

    /// Whether the Unix group exists.
    pub(super) fn has_group(&self, group: &str) -> bool {
        self.machine.groups.contains(group) || self.state.has_group(group)
    }

    /// A new serial number and the id made from it. The id is digits, as Virtualmin's of second, process and count.
    pub(super) fn new_id(&mut self, now: OffsetDateTime) -> (u64, String) {
        let serial = self.state.serial + 1;
        self.change(Change::Serial(serial));
        (serial, format!("{}{serial:05}", now.unix_timestamp()))
    }

    /// The plan with this id, or the default plan if it does not exist.
    pub(super) fn plan_or_default(&self, id: &str) -> Plan {
        self.state
            .plans
            .iter()
            .find(|plan| plan.id == id)
            .cloned()
            .unwrap_or_else(Plan::default_plan)
    }

    /// Writes the changes since the last call to disk.
    ///
    /// # Errors
    /// If the journal cannot be written.
    pub(super) fn commit(&mut self) -> io::Result<()> {
        let changes = std::mem::take(&mut self.pending);
        match &mut self.journal {
            Some(journal) if !changes.is_empty() => journal.append(&changes),
            _ => Ok(()),
        }
    }
}
