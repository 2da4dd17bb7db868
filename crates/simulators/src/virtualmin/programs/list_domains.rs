//! `list-domains`: selectors, filters and ways of printing.

use super::machine;
use super::selection::by_names;
use super::text;
use super::view::{Server, View};
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::state::State;
use crate::virtualmin::virtual_server::{Kind, VirtualServer};
use crate::virtualmin::world::{Origin, World};

/// A condition for a server to be shown.
type Filter = Box<dyn Fn(&VirtualServer) -> bool>;

#[derive(Default)]
struct Options {
    domains: Vec<String>,
    users: Vec<String>,
    ids: Vec<String>,
    plans: Vec<String>,
    multiline: bool,
    simple: bool,
    /// The template of the last flag that selects one value of each server.
    only: Option<&'static str>,
    alias_of: Option<String>,
    parent: Option<String>,
    filters: Vec<Filter>,
}

/// Runs the program.
pub(super) fn run(world: &mut World, _: &Origin, arguments: Arguments) -> Result<String, Failure> {
    let options = Options::read(&world.state, arguments)?;
    let mut servers = options.select(&world.state)?;
    servers.retain(|server| options.filters.iter().all(|passes| passes(server)));
    servers.sort_by(|a, b| (&a.username, a.serial).cmp(&(&b.username, b.serial)));
    let mut view = View::of(world);
    view.servers = servers.iter().map(|server| Server::of(world, server)).collect();
    view.simple = options.simple;
    text::render(options.template(), &view)
}

impl Options {
    fn read(state: &State, mut arguments: Arguments) -> Result<Self, Failure> {
        let mut options = Self::default();
        while let Some(flag) = arguments.next() {
            options.take(state, &flag, &mut arguments)?;
        }
        Ok(options)
    }

    fn take(
        &mut self,
        state: &State,
        flag: &str,
        arguments: &mut Arguments,
    ) -> Result<(), Failure> {
        match flag {
            "--multiline" | "--simple-multiline" => {
                self.multiline = true;
                self.simple = flag == "--simple-multiline";
            }
            "--name-only" => self.only = Some(include_str!("templates/list-domains.names.txt")),
            "--id-only" => self.only = Some(include_str!("templates/list-domains.ids.txt")),
            "--user-only" => self.only = Some(include_str!("templates/list-domains.users.txt")),
            "--home-only" => self.only = Some(include_str!("templates/list-domains.homes.txt")),
            "--file-only" => self.only = Some(include_str!("templates/list-domains.files.txt")),
            "--ip-only" => self.only = Some(include_str!("templates/list-domains.addresses.txt")),
            "--domain" => self.domains.push(arguments.value()),
            "--user" => self.users.push(arguments.value()),
            "--mail-user" => self.users.push(arguments.value()),
            "--id" => self.ids.push(arguments.value()),
            "--plan" => {
                let wanted = arguments.value();
                let missing = || format!("No plan with name or ID {wanted} found");
                let plan = state.plan(&wanted).ok_or_else(|| Failure::Usage(missing()))?;
                self.plans.push(plan.id.clone());
            }
            "--parent" => self.parent = Some(arguments.value()),
            "--alias" => {
                self.alias_of = arguments.value_unless_flag();
                self.filter(|server| matches!(server.kind, Kind::Alias { .. }));
            }
            other => return self.take_filter(state, other, arguments),
        }
        Ok(())
    }

    fn take_filter(
        &mut self,
        state: &State,
        flag: &str,
        arguments: &mut Arguments,
    ) -> Result<(), Failure> {
        match flag {
            "--no-alias" => self.filter(|server| !matches!(server.kind, Kind::Alias { .. })),
            "--toplevel" => self.filter(|server| server.parent().is_none()),
            "--subserver" => self.filter(|server| server.parent().is_some()),
            // This machine has no sub-domains of the old kind.
            "--subdomain" => self.filter(|_| false),
            "--disabled" => self.filter(|server| server.disabled.is_some()),
            "--enabled" => self.filter(|server| server.disabled.is_none()),
            "--with-web" => self.filter(|server| server.has("web")),
            "--with-ssl" => self.filter(|server| server.has("ssl")),
            "--with-feature" => {
                let feature = arguments.value();
                self.filter(move |server| server.has(&feature));
            }
            "--without-feature" => {
                let feature = arguments.value();
                self.filter(move |server| !server.has(&feature));
            }
            "--template" => {
                let template = machine::template(state, &arguments.value())?;
                self.filter(move |server| server.template == template);
            }
            "--php-mode" | "--ip" => drop(arguments.value()),
            other => return Arguments::refuse(other),
        }
        Ok(())
    }

    fn filter(&mut self, passes: impl Fn(&VirtualServer) -> bool + 'static) {
        self.filters.push(Box::new(passes));
    }

    fn select(&self, state: &State) -> Result<Vec<VirtualServer>, Failure> {
        let mut servers = if !self.ids.is_empty() {
            let find = |id: &String| {
                let missing = || Failure::Usage(format!("No virtual server with ID {id} exists"));
                state.servers.values().find(|server| server.id == *id).cloned().ok_or_else(missing)
            };
            self.ids.iter().map(find).collect::<Result<_, _>>()?
        } else if self.domains.is_empty() && self.users.is_empty() && self.plans.is_empty() {
            state.servers.values().cloned().collect()
        } else {
            by_names(state, &self.domains, &self.users, &self.plans)?
        };
        if let Some(target) = &self.alias_of {
            let missing = || Failure::Usage(format!("No alias target named {target} found"));
            state.servers.get(target).ok_or_else(missing)?;
            servers.retain(|server: &VirtualServer| server.parent() == Some(target));
        }
        if let Some(parent) = &self.parent {
            let missing = || Failure::Usage(format!("No parent named {parent} found"));
            state.servers.get(parent).ok_or_else(missing)?;
            servers.retain(|server| server.parent() == Some(parent));
        }
        Ok(servers)
    }

    /// The template to print with. Both multiline flags win over the `-only` flags.
    fn template(&self) -> &'static str {
        match self.only {
            _ if self.multiline => include_str!("templates/list-domains.multiline.txt"),
            Some(only) => only,
            None => include_str!("templates/list-domains.table.txt"),
        }
    }
}
