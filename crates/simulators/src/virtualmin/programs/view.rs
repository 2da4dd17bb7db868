//! The values that templates can use.

use std::collections::BTreeMap;

use serde::Serialize;

use super::machine::{self, Feature};
use super::shown_record::Shown;
use crate::virtualmin::backup::{BackupRun, BackupSchedule};
use crate::virtualmin::contents::Mailbox;
use crate::virtualmin::plan::Plan;
use crate::virtualmin::settings_template::Template;
use crate::virtualmin::virtual_server::VirtualServer;
use crate::virtualmin::world::{Machine, Passwords, World};

/// The values that a template can use, by name.
#[derive(Serialize)]
pub(super) struct View<'a> {
    machine: &'a Machine,
    features: [Feature; 14],
    server_count: usize,
    /// The programs that the machine has: none at first.
    pub(super) programs: Vec<Installed>,
    /// All plans, or those that the program has chosen.
    pub(super) plans: Vec<&'a Plan>,
    /// All templates of the panel.
    templates: &'a [Template],
    /// The backups that ran, or those that the program has chosen.
    pub(super) runs: Vec<&'a BackupRun>,
    pub(super) schedules: &'a [BackupSchedule],
    /// The virtual servers that the program has chosen; none at first.
    pub(super) servers: Vec<Server<'a>>,
    /// The records of one zone; none at first.
    pub(super) records: Vec<Shown>,
    /// Whether to leave out usage and everything else that needs probing.
    pub(super) simple: bool,
}

impl<'a> View<'a> {
    /// All of `world` except its virtual servers, which are many.
    pub(super) fn of(world: &'a World) -> Self {
        Self {
            machine: &world.machine,
            features: machine::features(&world.machine),
            server_count: world.state.servers.len(),
            programs: Vec::new(),
            plans: world.state.plans.iter().collect(),
            templates: &world.state.templates,
            runs: world.state.backups.runs.iter().collect(),
            schedules: &world.state.backups.schedules,
            servers: Vec::new(),
            records: Vec::new(),
            simple: false,
        }
    }
}

/// A program of the machine.
#[derive(Serialize)]
pub(super) struct Installed {
    pub(super) name: &'static str,
    /// The first line of its usage.
    pub(super) description: &'static str,
}

/// A virtual server, with the data about it that is stored elsewhere.
#[derive(Serialize)]
pub(super) struct Server<'a> {
    #[serde(flatten)]
    own: &'a VirtualServer,
    template_name: &'a str,
    plan_name: Option<&'a str>,
    contact: String,
    /// The password, where the machine lists it and it was set since the start.
    password: Option<&'a str>,
    /// The password for MySQL, if it was set since the start; else one that the panel made at random.
    mysql_password: &'a str,
    /// The passwords of mailboxes by name, where the machine lists them and they were set since the start.
    mailbox_passwords: BTreeMap<&'a str, &'a str>,
    /// The number of the Unix user and group, which belong to the top-level server.
    user_id: u64,
}

impl<'a> Server<'a> {
    /// `server` with its data from `world`.
    pub(super) fn of(world: &'a World, server: &'a VirtualServer) -> Self {
        let state = &world.state;
        let owner = server.parent().and_then(|parent| state.servers.get(parent));
        let lists = !world.machine.hashes_passwords;
        let top_level = &owner.unwrap_or(server).domain;
        let password = world.passwords.get(top_level).filter(|_| lists);
        let mysql_password = world.passwords.get(&Passwords::mysql(top_level)).or(password);
        let mailbox_password = |mailbox: &'a Mailbox| {
            let key = Passwords::mailbox(&server.domain, &mailbox.name);
            Some((mailbox.name.as_str(), world.passwords.get(&key)?))
        };
        let mailboxes = server.contents.mailboxes.iter().filter(|_| lists);
        let plan = state.plans.iter().find(|plan| plan.id == server.plan);
        Self {
            own: server,
            contact: server.contact(&world.machine.hostname),
            password,
            mysql_password: mysql_password.unwrap_or("SECRET"),
            mailbox_passwords: mailboxes.filter_map(mailbox_password).collect(),
            template_name: state.template(&server.template).map_or("", |it| &it.name),
            plan_name: plan.map(|plan| plan.name.as_str()),
            user_id: 1000 + owner.unwrap_or(server).serial,
        }
    }
}
