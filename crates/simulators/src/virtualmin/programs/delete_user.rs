//! `delete-user`: deletes a mailbox user with its mail (recordings 158 and 168; the rest as `delete-user.pl` of 8.1.0).

use super::checks::{require, server};
use super::mailbox_rules::position;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::world::{Origin, Passwords, World};

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut domain, mut name) = (String::new(), String::new());
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = arguments.value(),
            "--user" => name = arguments.lower(),
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    require(!domain.is_empty(), "No domain specified")?;
    require(!name.is_empty(), "No username specified")?;
    let mut server = server(&world.state, &domain)?;
    let of_owner =
        format!("The user {name} is the owner of server {domain}, and so cannot be deleted");
    let mailbox = server.contents.mailboxes.remove(position(&server, &name, &of_owner)?);
    world.passwords.remove(&Passwords::mailbox(&domain, &mailbox.name));
    world.put(server);
    world.effect(origin, EffectKind::Deleted, &domain);
    Ok(format!("User {} deleted successfully\n", mailbox.unix_name))
}
