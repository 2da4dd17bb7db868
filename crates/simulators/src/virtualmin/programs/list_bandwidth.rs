//! `list-bandwidth`: the transfer of virtual servers by day (recordings 216 to 218 and 342 to 345; the rest as
//! `list-bandwidth.pl` of 8.1.0). Only days that have any are listed.

use super::checks::{require, server};
use super::list_flags::ListFlags;
use super::text;
use super::view::{Server, View};
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::contents::Day;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::state::State;
use crate::virtualmin::virtual_server::VirtualServer;
use crate::virtualmin::world::{Origin, World};

#[derive(Default)]
struct Options {
    domains: Vec<String>,
    all: bool,
    start: Option<String>,
    end: Option<String>,
    sub_servers: bool,
}

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    _: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    ListFlags::extract(&mut arguments)?;
    let mut options = Options::default();
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => options.domains.push(arguments.value()),
            "--all-domains" => options.all = true,
            "--start" => options.start = Some(arguments.value()),
            "--end" => options.end = Some(arguments.value()),
            "--include-subservers" => options.sub_servers = true,
            other => return Arguments::refuse(other),
        }
    }
    let servers = options.select(&world.state)?;
    let mut view = View::of(world);
    view.servers = servers.iter().map(|server| Server::of(world, server)).collect();
    text::render(include_str!("templates/list-bandwidth.txt"), &view)
}

impl Options {
    fn select(&self, state: &State) -> Result<Vec<VirtualServer>, Failure> {
        require(self.all || !self.domains.is_empty(), "No domain names specified")?;
        let mut servers: Vec<_> = match self.domains.is_empty() {
            true => state.servers.values().cloned().collect(),
            false => self.domains.iter().map(|it| server(state, it)).collect::<Result<_, _>>()?,
        };
        if self.sub_servers {
            servers.retain(|server| server.parent().is_none());
            let none = "None of the selected virtual servers are top-level";
            require(!servers.is_empty(), none)?;
            for server in &mut servers {
                let children = state.children(&server.domain);
                let more = children.into_iter().flat_map(|child| child.contents.transfer);
                more.for_each(|day| add(&mut server.contents.transfer, day));
            }
        }
        let within = |day: &Day| {
            self.start.as_ref().is_none_or(|it| *it <= day.date)
                && self.end.as_ref().is_none_or(|it| day.date <= *it)
        };
        servers.iter_mut().for_each(|server| server.contents.transfer.retain(within));
        Ok(servers)
    }
}

/// Adds a day to the same day, or after all others.
fn add(days: &mut Vec<Day>, day: Day) {
    match days.iter_mut().find(|own| own.date == day.date) {
        Some(own) => {
            own.web += day.web;
            own.mail += day.mail;
        }
        None => days.push(day),
    }
}
