//! The state of the simulated server, and the changes that it allows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::backup::{BackupChange, Backups};
use super::contents::Mailbox;
use super::effect::Effect;
use super::plan::Plan;
use super::settings_template::Template;
use super::virtual_server::VirtualServer;

/// The whole state.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct State {
    /// The virtual servers, by domain.
    pub(super) servers: BTreeMap<String, VirtualServer>,
    /// The plans, in the order of creation.
    pub(super) plans: Vec<Plan>,
    /// The templates, in the order of creation.
    #[serde(default = "Template::standard")]
    pub(super) templates: Vec<Template>,
    /// The backups.
    #[serde(default)]
    pub(super) backups: Backups,
    /// The effects, in the order of time.
    pub(super) effects: Vec<Effect>,
    /// The last serial number that was used.
    pub(super) serial: u64,
}

/// One change of the state, also the form of a line in the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    /// A virtual server was added or replaced.
    Put(Box<VirtualServer>),
    /// The virtual server with this domain was removed.
    Remove(String),
    /// A plan was added.
    AddPlan(Plan),
    /// The plan with this id was replaced.
    ReplacePlan(Plan),
    /// The plan with this id was removed.
    RemovePlan(String),
    /// A template was added or replaced.
    PutTemplate(Template),
    /// The template with this id was removed.
    RemoveTemplate(String),
    /// A backup, an archive or a schedule changed.
    Backups(BackupChange),
    /// The serial number was used.
    Serial(u64),
    /// A program had an effect.
    Effect(Effect),
}

impl State {
    /// The state of a newly installed server.
    pub(super) fn fresh() -> Self {
        Self {
            servers: BTreeMap::new(),
            plans: vec![Plan::default_plan()],
            templates: Template::standard(),
            backups: Backups::default(),
            effects: Vec::new(),
            serial: 0,
        }
    }

    /// Makes one change. A repeat changes nothing, because after a kill between the snapshot and the emptying of
    /// the journal the next start reads both.
    pub(super) fn apply(&mut self, change: Change) {
        match change {
            Change::Put(server) => drop(self.servers.insert(server.domain.clone(), *server)),
            Change::Remove(domain) => drop(self.servers.remove(&domain)),
            Change::AddPlan(plan) => {
                self.plans.retain(|own| own.id != plan.id);
                self.plans.push(plan);
            }
            Change::ReplacePlan(plan) => {
                for own in self.plans.iter_mut().filter(|own| own.id == plan.id) {
                    own.clone_from(&plan);
                }
            }
            Change::PutTemplate(new) => {
                match self.templates.iter_mut().find(|own| own.id == new.id) {
                    Some(own) => *own = new,
                    None => self.templates.push(new),
                }
            }
            Change::RemoveTemplate(id) => self.templates.retain(|own| own.id != id),
            Change::RemovePlan(id) => self.plans.retain(|plan| plan.id != id),
            Change::Backups(change) => self.backups.apply(change),
            Change::Serial(serial) => self.serial = serial,
            Change::Effect(effect) if effect.seq <= self.effects.len() as u64 => {}
            Change::Effect(effect) => self.effects.push(effect),
        }
    }

    /// The sub-servers and aliases of `domain`, oldest first.
    pub(super) fn children(&self, domain: &str) -> Vec<VirtualServer> {
        let mut children: Vec<_> = self
            .servers
            .values()
            .filter(|server| self.belongs_to(server, domain))
            .cloned()
            .collect();
        children.sort_by_key(|server| server.serial);
        children
    }

    /// Whether `server` belongs to `domain`, directly or as the alias of a sub-server.
    fn belongs_to(&self, server: &VirtualServer, domain: &str) -> bool {
        server.parent().is_some_and(|parent| {
            parent == domain
                || self.servers.get(parent).is_some_and(|parent| self.belongs_to(parent, domain))
        })
    }

    /// The plan with this id or name.
    pub(super) fn plan(&self, wanted: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.answers_to(wanted))
    }

    /// The template with this id or name.
    pub(super) fn template(&self, wanted: &str) -> Option<&Template> {
        self.templates.iter().find(|it| it.id == wanted || it.name == wanted)
    }

    /// Whether a virtual server has the Unix group.
    pub(super) fn has_group(&self, group: &str) -> bool {
        self.servers.values().any(|server| server.group == group)
    }

    /// Whether a virtual server or a mailbox has the Unix user.
    pub(super) fn has_user(&self, username: &str) -> bool {
        self.servers.values().any(|s| s.parent().is_none() && s.username == username)
            || self.mailboxes().any(|mailbox| mailbox.unix_name == username)
    }

    /// The mailboxes of all virtual servers.
    fn mailboxes(&self) -> impl Iterator<Item = &Mailbox> {
        self.servers.values().flat_map(|server| &server.contents.mailboxes)
    }
}
