//! `list-databases`: the databases of a virtual server (recordings 169, 170 and 176; the rest as `list-databases.pl` of
//! 8.1.0).

use super::checks::{require, server};
use super::list_flags::ListFlags;
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
    let (mut domain, mut type_) = (String::new(), String::new());
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = arguments.value(),
            "--type" => type_ = arguments.value(),
            other => return Arguments::refuse(other),
        }
    }
    require(!domain.is_empty(), "No domain specified")?;
    let mut server = server(&world.state, &domain)?;
    if !["", "mysql"].contains(&type_.as_str()) || !server.has("mysql") {
        server.contents.databases.clear();
    }
    let mut view = View::of(world);
    view.servers = vec![Server::of(world, &server)];
    let template = if flags.multiline {
        include_str!("templates/list-databases.multiline.txt")
    } else if flags.names {
        include_str!("templates/list-databases.names.txt")
    } else {
        include_str!("templates/list-databases.table.txt")
    };
    text::render(template, &view)
}
