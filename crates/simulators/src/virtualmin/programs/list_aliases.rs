//! `list-aliases`: the mail aliases of virtual servers (recordings 163 to 165; the rest as `list-aliases.pl` of 8.1.0).

use super::checks::require;
use super::list_flags::ListFlags;
use super::selection::by_names;
use super::text;
use super::view::{Server, View};
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::world::{Origin, World};

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    _: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let flags = ListFlags::extract(&mut arguments)?;
    let (mut domains, mut owners, mut all) = (Vec::new(), Vec::new(), false);
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domains.push(arguments.value()),
            "--user" => owners.push(arguments.value()),
            "--all-domains" => all = true,
            "--plugins" => {}
            other => return Arguments::refuse(other),
        }
    }
    let any = all || !domains.is_empty() || !owners.is_empty();
    require(any, "No domains or users specified")?;
    let servers = match all {
        true => world.state.servers.values().cloned().collect(),
        false => by_names(&world.state, &domains, &owners, &[])?,
    };
    let mut view = View::of(world);
    view.servers = servers.iter().map(|server| Server::of(world, server)).collect();
    let template = if flags.multiline {
        include_str!("templates/list-aliases.multiline.txt")
    } else if flags.names {
        include_str!("templates/list-aliases.names.txt")
    } else if flags.emails {
        include_str!("templates/list-aliases.emails.txt")
    } else {
        include_str!("templates/list-aliases.table.txt")
    };
    text::render(template, &view)
}
