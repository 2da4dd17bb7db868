//! `list-php-directories` and `list-php-ini`, as these programs of 8.1.0. There are no recordings of them.

use super::checks::{require, server};
use super::list_flags::ListFlags;
use super::text;
use super::view::{Server, View};
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::virtual_server::Kind;
use crate::virtualmin::world::{Origin, World};

/// `list-php-directories`.
pub(super) fn directories(
    world: &mut World,
    _: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let flags = ListFlags::extract(&mut arguments)?;
    let mut domain = String::new();
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = arguments.value(),
            "--full-version" => {}
            other => return Arguments::refuse(other),
        }
    }
    require(!domain.is_empty(), "No domain specified")?;
    let server = server(&world.state, &domain)?;
    let mut view = View::of(world);
    view.servers = vec![Server::of(world, &server)];
    let template = if flags.multiline {
        include_str!("templates/list-php-directories.multiline.txt")
    } else if flags.names {
        include_str!("templates/list-php-directories.names.txt")
    } else {
        include_str!("templates/list-php-directories.table.txt")
    };
    text::render(template, &view)
}

/// `list-php-ini`. A setting that nobody has changed has no value here.
pub(super) fn ini(
    world: &mut World,
    _: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let flags = ListFlags::extract(&mut arguments)?;
    let (mut domains, mut names) = (Vec::new(), Vec::new());
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domains.push(arguments.value()),
            "--ini-name" => names.push(arguments.value()),
            "--php-version" => drop(arguments.value()),
            other => return Arguments::refuse(other),
        }
    }
    require(!domains.is_empty(), "No domains to modify specified")?;
    let none = "The --ini-name parameter must be given at least once";
    require(!names.is_empty(), none)?;
    let mut text = String::new();
    for domain in &domains {
        let server = server(&world.state, domain)?;
        let php = &server.contents.php;
        let has_php = server.has("web") && php.mode != "none";
        if !has_php || matches!(server.kind, Kind::Alias { .. }) {
            continue;
        }
        if !flags.names {
            text.push_str(&format!("{domain}\n"));
        }
        for name in &names {
            let value = php.settings.get(name).map_or("", String::as_str);
            match flags.names {
                true => text.push_str(&format!("{value}\n")),
                false => text.push_str(&format!("    {name}: {value}\n")),
            }
        }
    }
    Ok(text)
}
