//! `list-domains`: selectors, filters and ways of printing.

use super::listed::{Detail, describe};
use super::machine;
use super::selection::by_names;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::state::State;
use crate::virtualmin::virtual_server::{Kind, VirtualServer};
use crate::virtualmin::world::{Origin, World};

#[derive(Clone, Copy, Default, PartialEq)]
enum Only {
    #[default]
    All,
    Name,
    Id,
    User,
    Home,
    File,
    Address,
}

/// A test that a server must pass to be shown.
type Filter = Box<dyn Fn(&VirtualServer) -> bool>;

#[derive(Default)]
struct Options {
    domains: Vec<String>,
    users: Vec<String>,
    ids: Vec<String>,
    plans: Vec<String>,
    detail: Option<Detail>,
    only: Only,
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
    Ok(options.print(world, &servers))
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
            "--multiline" => self.detail = Some(Detail::Full),
            "--simple-multiline" => self.detail = Some(Detail::Simple),
            "--name-only" => self.only = Only::Name,
            "--id-only" => self.only = Only::Id,
            "--user-only" => self.only = Only::User,
            "--home-only" => self.only = Only::Home,
            "--file-only" => self.only = Only::File,
            "--ip-only" => self.only = Only::Address,
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
            other => return self.take_filter(other, arguments),
        }
        Ok(())
    }

    fn take_filter(&mut self, flag: &str, arguments: &mut Arguments) -> Result<(), Failure> {
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
                let template = machine::template(&arguments.value())?;
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

    /// Both multiline flags win over the `-only` flags.
    fn print(&self, world: &World, servers: &[VirtualServer]) -> String {
        let line = |server: &VirtualServer| match (self.detail, self.only) {
            (Some(detail), _) => describe(world, server, detail),
            (None, Only::Name) => format!("{}\n", server.domain),
            (None, Only::Id) => format!("{}\n", server.id),
            (None, Only::User) => format!("{}\n", server.username),
            (None, Only::Home) => format!("{}\n", server.home),
            (None, Only::File) => format!("/etc/webmin/virtual-server/domains/{}\n", server.id),
            (None, Only::Address) => format!("{}\n", world.machine.ip_address),
            (None, Only::All) => row(&server.domain, &server.username, &server.description),
        };
        let lines: String = servers.iter().map(line).collect();
        if self.detail.is_none() && self.only == Only::All {
            let rule = row(&"-".repeat(30), &"-".repeat(15), &"-".repeat(30));
            return row("Domain", "Username", "Description") + &rule + &lines;
        }
        lines
    }
}

/// A row of the table: each column is cut to its width in bytes, whatever that does to a letter.
fn row(domain: &str, username: &str, description: &str) -> String {
    let cell = |text: &str, width: usize| {
        let mut bytes = text.as_bytes()[..text.len().min(width)].to_vec();
        bytes.resize(width, b' ');
        String::from_utf8_lossy(&bytes).into_owned()
    };
    format!("{} {} {}\n", cell(domain, 30), cell(username, 15), cell(description, 30))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_cut_in_bytes() {
        let expected = "beta.test                      beta            Café Ünïcode 日本語 & <b\n";
        assert_eq!(row("beta.test", "beta", "Café Ünïcode 日本語 & <b>\"q\"</b>"), expected);
    }
}
