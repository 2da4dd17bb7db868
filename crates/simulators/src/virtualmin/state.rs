//! Everything the simulated server knows, and the only ways it can change.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::effect::Effect;
use super::plan::Plan;
use super::virtual_server::VirtualServer;

/// The whole state.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct State {
    /// By domain.
    pub(super) servers: BTreeMap<String, VirtualServer>,
    /// In the order of their creation.
    pub(super) plans: Vec<Plan>,
    /// In the order they happened.
    pub(super) effects: Vec<Effect>,
    /// The last serial number given out.
    pub(super) serial: u64,
}

/// One change of the state, as it also stands in the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    /// A virtual server is now so.
    Put(Box<VirtualServer>),
    /// No virtual server has this domain any more.
    Remove(String),
    /// A new plan.
    AddPlan(Plan),
    /// The plan with this id is gone.
    RemovePlan(String),
    /// The serial number is used up.
    Serial(u64),
    /// A program had an effect.
    Effect(Effect),
}

impl State {
    /// A server just installed.
    pub(super) fn fresh() -> Self {
        Self {
            servers: BTreeMap::new(),
            plans: vec![Plan::default_plan()],
            effects: Vec::new(),
            serial: 0,
        }
    }

    /// Makes one change. Making it again changes nothing, because a kill between writing the snapshot
    /// and emptying the journal lets the next start read both.
    pub(super) fn apply(&mut self, change: Change) {
        match change {
            Change::Put(server) => drop(self.servers.insert(server.domain.clone(), *server)),
            Change::Remove(domain) => drop(self.servers.remove(&domain)),
            Change::AddPlan(plan) => {
                self.plans.retain(|own| own.id != plan.id);
                self.plans.push(plan);
            }
            Change::RemovePlan(id) => self.plans.retain(|plan| plan.id != id),
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

    /// Whether `server` is below `domain`, directly or as the alias of a sub-server.
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

    /// Whether there is such a Unix group.
    pub(super) fn has_group(&self, group: &str) -> bool {
        group == "root" || self.servers.values().any(|server| server.group == group)
    }

    /// Whether there is such a Unix user.
    pub(super) fn has_user(&self, username: &str) -> bool {
        username == "root"
            || self.servers.values().any(|s| s.parent().is_none() && s.username == username)
    }
}
