//! `modify-dns`: changes records of zones (recordings 184 to 190 and 201; the rest as `modify-dns.pl` of 8.1.0).

use super::checks::require;
use super::modify_dns_changes::Changes;
use super::steps::Steps;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::state::State;
use crate::virtualmin::virtual_server::{Kind, VirtualServer};
use crate::virtualmin::world::{Origin, World};
use crate::virtualmin::zone;

/// The text of `--help`.
pub(super) const USAGE: &str = include_str!("usage/modify-dns.txt");

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    arguments: Arguments,
) -> Result<String, Failure> {
    let changes = Changes::read(arguments)?;
    let find = |domain: &String| zone_owner(&world.state, domain);
    let servers: Vec<_> = changes.domains.iter().map(find).collect::<Result<_, _>>()?;
    let is_alias = |server: &VirtualServer| matches!(server.kind, Kind::Alias { .. });
    require(
        !servers.iter().all(is_alias),
        "Records cannot be edited in alias domains as their records are copied from the target",
    )?;
    let mut steps = Steps::default();
    for mut server in servers {
        steps.line(&format!("Updating server {} ..", server.domain));
        steps.nest(true);
        let mut zone = zone::of(&world.machine, &server);
        let before = zone.clone();
        if !is_alias(&server) {
            let changed = changes.make(&server.domain, &mut zone, &mut steps);
            changed.map_err(|reason| halted(&steps, &reason))?;
        }
        steps.nest(false);
        steps.line(".. done");
        steps.blank();
        if zone != before {
            zone::raise_serial(&mut zone);
            let domain = server.domain.clone();
            server.contents.zone = Some(zone);
            world.put(server);
            world.effect(origin, EffectKind::Modified, &domain);
        }
    }
    Ok(steps.text())
}

fn zone_owner(state: &State, domain: &String) -> Result<VirtualServer, Failure> {
    let missing = || Failure::Usage(format!("Domain {domain} does not exist"));
    let server = state.servers.get(domain).cloned().ok_or_else(missing)?;
    let without = format!("Virtual server {domain} does not have a DNS domain");
    require(server.has("dns"), &without)?;
    Ok(server)
}

/// The program checks addresses when it has begun, and then prints its usage.
fn halted(steps: &Steps, reason: &str) -> Failure {
    Failure::Halted(format!("{}{reason}\n\n{USAGE}", steps.so_far()))
}
