//! `delete-alias`: deletes a mail alias (recording 166; the rest as `delete-alias.pl` of 8.1.0).

use super::checks::{require, server};
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::contents::MailAlias;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::world::{Origin, World};

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut domain, mut from) = (String::new(), String::new());
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = arguments.value(),
            "--from" => from = arguments.value(),
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    require(!domain.is_empty(), "No domain specified")?;
    require(!from.is_empty(), "No from address specified")?;
    let mut server = server(&world.state, &domain)?;
    let from = MailAlias::stored_name(&from);
    let address = format!("{from}@{domain}");
    let aliases = &mut server.contents.aliases;
    let missing = || Failure::Usage(format!("No alias for the email address {address} exists"));
    let position = aliases.iter().position(|alias| alias.from == from).ok_or_else(missing)?;
    aliases.remove(position);
    world.put(server);
    world.effect(origin, EffectKind::Deleted, &domain);
    Ok(format!("Alias for {address} deleted successfully\n"))
}
