//! `modify-limits`: changes how many things a top-level server may have (recording 368; the rest as `modify-limits.pl` of
//! 8.1.0). Capabilities and shells are not simulated.

use super::checks::require;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::plan::Limits;
use crate::virtualmin::virtual_server::VirtualServer;
use crate::virtualmin::world::{Origin, World};

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut domain, mut user, mut changes) = (String::new(), String::new(), Vec::new());
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = arguments.lower(),
            "--user" => user = arguments.lower(),
            "--multiline" => {}
            other => changes.push(change(other, &mut arguments)?),
        }
    }
    require(!domain.is_empty() || !user.is_empty(), "No domain or user specified")?;
    let mut server = find(world, &domain, &user)?;
    let below = "Limits can only be modified in top-level virtual servers";
    require(server.parent().is_none(), below)?;
    for Change { set, number } in changes {
        set(&mut server.limits, number);
    }
    let text = format!("Successfully updated limits for {}\n", server.username);
    world.effect(origin, EffectKind::Modified, &server.domain);
    world.put(server);
    Ok(text)
}

/// A limit and its number; `None` is unlimited.
struct Change {
    set: fn(&mut Limits, Option<u64>),
    number: Option<u64>,
}

fn change(flag: &str, arguments: &mut Arguments) -> Result<Change, Failure> {
    let (set, what): (fn(&mut Limits, Option<u64>), _) = match flag {
        "--max-mailboxes" => (|it, number| it.mailboxes = number, "mailboxes"),
        "--max-dbs" => (|it, number| it.databases = number, "databases"),
        "--max-doms" => (|it, number| it.sub_servers = number, "sub-servers"),
        "--max-aliasdoms" => (|it, number| it.alias_servers = number, "alias servers"),
        "--max-realdoms" => (|it, number| it.real_servers = number, "real servers"),
        "--max-aliases" => (|it, number| it.aliases = number, "aliases"),
        other => return Arguments::refuse(other),
    };
    let none = if flag == "--max-doms" { ", NONE" } else { "" };
    let wrong = || Failure::Usage(format!("Maximum {what} must be a number{none} or UNLIMITED"));
    let number = match arguments.value().as_str() {
        "UNLIMITED" => None,
        "NONE" if flag == "--max-doms" => Some(0),
        digits => Some(digits.parse().map_err(|_| wrong())?),
    };
    Ok(Change { set, number })
}

fn find(world: &World, domain: &str, user: &str) -> Result<VirtualServer, Failure> {
    let servers = &world.state.servers;
    let (found, missing) = match domain {
        "" => (
            servers.values().find(|it| it.parent().is_none() && it.username == user),
            format!("Virtual server owner {user} does not exist."),
        ),
        domain => (servers.get(domain), format!("Virtual server {domain} does not exist.")),
    };
    found.cloned().ok_or(Failure::Usage(missing))
}
