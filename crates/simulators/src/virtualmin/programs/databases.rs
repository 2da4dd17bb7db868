//! `create-database`, `delete-database` and `modify-database-pass` (recordings 172 to 178; the rest as these programs of
//! 8.1.0). The machine has no PostgreSQL.

use super::checks::{require, server};
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::contents::Contents;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::virtual_server::VirtualServer;
use crate::virtualmin::world::{Origin, Passwords, World};

/// The types that the programs know (`@database_features` of 8.1.0).
const TYPES: [&str; 2] = ["mysql", "postgres"];

/// A database on the command line.
#[derive(Default)]
struct Named {
    domain: String,
    name: String,
    type_: String,
}

impl Named {
    fn read(mut arguments: Arguments, creates: bool) -> Result<Self, Failure> {
        let mut named = Self::default();
        while let Some(flag) = arguments.next() {
            match flag.as_str() {
                "--domain" => named.domain = arguments.value(),
                "--name" => named.name = arguments.value(),
                "--type" => named.type_ = arguments.value(),
                "--opt" if creates => drop(arguments.value()),
                "--multiline" => {}
                other => return Arguments::refuse(other),
            }
        }
        require(!named.domain.is_empty(), "No domain specified")?;
        require(!named.name.is_empty(), "No database name specified")?;
        require(!named.type_.is_empty(), "No database type specified")?;
        Ok(named)
    }
}

/// `create-database`.
pub(super) fn create(
    world: &mut World,
    origin: &Origin,
    arguments: Arguments,
) -> Result<String, Failure> {
    let named = Named::read(arguments, true)?;
    let mut server = server(&world.state, &named.domain)?;
    let not_enabled = "The specified database type is not enabled in this virtual server";
    require(server.has(&named.type_), not_enabled)?;
    let name = named.name.to_lowercase();
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    let wrong = "Missing or invalid database name - only letters, numbers and _ are allowed";
    require(is_name, wrong)?;
    let own = "A database with the same name and type is already associated with this server";
    require(!server.contents.databases.contains(&name), own)?;
    let clash = format!("A database called {name} already exists");
    require(!exists(world, &name), &clash)?;
    let text = format!("Database {name} created successfully\n");
    server.contents.databases.push(name);
    world.put(server);
    world.effect(origin, EffectKind::Created, &named.domain);
    Ok(text)
}

/// Whether the machine has a database of this name.
fn exists(world: &World, name: &str) -> bool {
    let owned = |server: &VirtualServer| server.contents.databases.iter().any(|own| own == name);
    world.machine.databases.contains(name) || world.state.servers.values().any(owned)
}

/// `delete-database`.
pub(super) fn delete(
    world: &mut World,
    origin: &Origin,
    arguments: Arguments,
) -> Result<String, Failure> {
    let Named { domain, name, type_ } = Named::read(arguments, false)?;
    let mut server = server(&world.state, &domain)?;
    let Contents { databases, mailboxes, .. } = &mut server.contents;
    let has = type_ == "mysql" && databases.contains(&name);
    require(has, "The specified database is not associated with this server")?;
    databases.retain(|own| *own != name);
    mailboxes.iter_mut().for_each(|mailbox| mailbox.databases.retain(|own| *own != name));
    world.put(server);
    world.effect(origin, EffectKind::Deleted, &domain);
    Ok(format!("Database {name} deleted successfully\n"))
}

/// `modify-database-pass`. It prints the password, as the real program does.
pub(super) fn set_password(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut domain, mut type_, mut password) = (String::new(), String::new(), String::new());
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = arguments.value(),
            "--type" => type_ = arguments.value(),
            "--pass" => password = arguments.value(),
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    require(!type_.is_empty(), "Missing --type parameter")?;
    let options = TYPES.join(" ");
    let unknown = format!("{type_} is not valid database type - options are : {options}");
    require(TYPES.contains(&type_.as_str()), &unknown)?;
    require(!password.is_empty(), "Missing --pass parameter")?;
    require(!domain.is_empty(), "Missing --domain parameter")?;
    let missing = || Failure::Usage(format!("No domain named {domain} exists"));
    let server = world.state.servers.get(&domain).cloned().ok_or_else(missing)?;
    let below = "The database password can only be changed for a top level virtual server";
    require(server.parent().is_none(), below)?;
    let text = format!("Changed {type_} password for {domain} to {password}\n");
    if type_ == "mysql" {
        world.passwords.set(&Passwords::mysql(&domain), password);
    }
    world.effect(origin, EffectKind::Modified, &domain);
    Ok(text)
}
