//! `set-php-directory`, `delete-php-directory` and `modify-php-ini`, as these programs of 8.1.0. There are no recordings of
//! them.

use super::checks::{require, server};
use super::machine::PHP_VERSION;
use super::modify_web::root;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::virtual_server::{Kind, VirtualServer};
use crate::virtualmin::world::{Origin, World};

/// The directory that a program is given.
fn directory(server: &VirtualServer, given: &str) -> String {
    match given {
        "." => root(server),
        path if path.starts_with('/') => path.to_owned(),
        path => format!("{}/{path}", root(server)),
    }
}

/// `set-php-directory`, which prints nothing.
pub(super) fn set_directory(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut domain, mut given, mut version) = (String::new(), String::new(), String::new());
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = arguments.value(),
            "--dir" => given = arguments.value(),
            "--version" => version = arguments.value(),
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    require(!domain.is_empty(), "No domain specified")?;
    require(!given.is_empty(), "No directory specified")?;
    require(!version.is_empty(), "No PHP version specified")?;
    let mut server = server(&world.state, &domain)?;
    let disabled = "The PHP version cannot be set for virtual servers with PHP disabled";
    require(server.contents.php.mode != "none", disabled)?;
    let only = format!("Only the following PHP version are available : {PHP_VERSION}");
    require(version == PHP_VERSION, &only)?;
    let directory = directory(&server, &given);
    let below = server.contents.php.mode == "fpm" && directory != root(&server);
    require(!below, "FPM version can only be changed for the top-level directory")?;
    server.contents.php.directories.insert(directory, version);
    world.put(server);
    world.effect(origin, EffectKind::Modified, &domain);
    Ok(String::new())
}

/// `delete-php-directory`, which prints nothing.
pub(super) fn delete_directory(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut domain, mut given) = (String::new(), String::new());
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = arguments.value(),
            "--dir" => given = arguments.value(),
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    require(!domain.is_empty(), "No domain specified")?;
    require(!given.is_empty(), "No directory specified")?;
    let mut server = server(&world.state, &domain)?;
    let directory = directory(&server, &given);
    let top = "The PHP version cannot be removed for public_html";
    require(directory != root(&server), top)?;
    server.contents.php.directories.remove(&directory);
    world.put(server);
    world.effect(origin, EffectKind::Modified, &domain);
    Ok(String::new())
}

/// `modify-php-ini`.
pub(super) fn modify_ini(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut domain, mut names, mut values) = (String::new(), Vec::new(), Vec::new());
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = arguments.value(),
            "--ini-name" => names.push(arguments.value()),
            "--ini-value" => values.push(Some(arguments.value())),
            "--no-ini-value" => values.push(None),
            "--php-version" => drop(arguments.value()),
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    require(!domain.is_empty(), "No domains to modify specified")?;
    let none = "The --ini-name parameter must be given at least once";
    require(!names.is_empty(), none)?;
    let same = "The number of names and values must be the same";
    require(names.len() == values.len(), same)?;
    let mut server = server(&world.state, &domain)?;
    let begin = format!("Updating {domain} ..\n");
    if !server.has("web") || matches!(server.kind, Kind::Alias { .. }) {
        return Ok(format!("{begin}.. no website enabled\n\n"));
    }
    let (count, settings) = (names.len(), &mut server.contents.php.settings);
    for (name, value) in names.into_iter().zip(values) {
        match value {
            Some(value) => drop(settings.insert(name, value)),
            None => drop(settings.remove(&name)),
        }
    }
    let fpm = if server.contents.php.mode == "fpm" { " and FPM configuration" } else { "" };
    world.put(server);
    world.effect(origin, EffectKind::Modified, &domain);
    Ok(format!("{begin}.. updated {count} variables in 1 files{fpm}\n\n"))
}
