//! What a running program sees: the state, the moment and its own name, and the pen that changes things.

use std::collections::BTreeSet;
use std::io;

use serde::Serialize;
use time::OffsetDateTime;

use super::clock;
use super::effect::{Effect, EffectKind};
use super::journal::Journal;
use super::plan::Plan;
use super::state::{Change, State};
use super::virtual_server::VirtualServer;

/// Facts about the machine that answers carry.
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
    /// Whether it keeps disk quotas.
    pub(super) keeps_quotas: bool,
}

impl Machine {
    /// A machine with this host name on which everything is installed.
    pub(super) fn new(hostname: String) -> Self {
        let (ip_address, version) = ("127.0.0.1".to_owned(), "8.1.0".to_owned());
        Self { hostname, ip_address, version, lacks: BTreeSet::new(), keeps_quotas: true }
    }
}

/// The call that is being served.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// The program.
    pub(super) program: String,
    /// Its arguments without secrets.
    pub(super) arguments: Vec<String>,
    /// When it ran.
    pub(super) now: OffsetDateTime,
}

/// The state in the hands of one program.
#[derive(Debug)]
pub(super) struct World {
    /// What is.
    pub(super) state: State,
    /// Where it is.
    pub(super) machine: Machine,
    journal: Option<Journal>,
    pending: Vec<Change>,
}

impl World {
    /// A world that writes to `journal`, or only to memory.
    pub(super) fn new(state: State, machine: Machine, journal: Option<Journal>) -> Self {
        Self { state, machine, journal, pending: Vec::new() }
    }

    /// A copy on which a program can run without any of it being real.
    pub(super) fn rehearsal(&self) -> Self {
        Self::new(self.state.clone(), self.machine.clone(), None)
    }

    /// Makes a change and remembers it for [`commit`](Self::commit).
    pub(super) fn change(&mut self, change: Change) {
        if self.journal.is_some() {
            self.pending.push(change.clone());
        }
        self.state.apply(change);
    }

    /// Writes a virtual server as it now is.
    pub(super) fn put(&mut self, server: VirtualServer) {
        self.change(Change::Put(Box::new(server)));
    }

    /// Adds to the log of effects.
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

    /// A new serial number and the identifier made of it: digits, as Virtualmin's of second, process and count.
    pub(super) fn new_id(&mut self, now: OffsetDateTime) -> (u64, String) {
        let serial = self.state.serial + 1;
        self.change(Change::Serial(serial));
        (serial, format!("{}{serial:05}", now.unix_timestamp()))
    }

    /// The plan with this id, or the default one when it is gone.
    pub(super) fn plan_or_default(&self, id: &str) -> Plan {
        self.state
            .plans
            .iter()
            .find(|plan| plan.id == id)
            .cloned()
            .unwrap_or_else(Plan::default_plan)
    }

    /// Puts the changes made since the last call on disk.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub(super) fn commit(&mut self) -> io::Result<()> {
        let changes = std::mem::take(&mut self.pending);
        match &mut self.journal {
            Some(journal) if !changes.is_empty() => journal.append(&changes),
            _ => Ok(()),
        }
    }
}
