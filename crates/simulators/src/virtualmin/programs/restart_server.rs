//! `restart-server`: restarts one of the machine's servers (as `restart-server.pl` of 8.1.0).

use super::checks::require;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::world::{Origin, World};

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut name, mut version, mut reload) = (String::new(), String::new(), false);
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--server" => name = arguments.value(),
            "--version" => version = arguments.value(),
            "--reload" => reload = true,
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    require(!name.is_empty(), "Missing name of server to restart")?;
    let services = &mut world.machine.services;
    let valid: Vec<_> = services.iter().map(|it| it.feature).collect();
    let unknown = format!("Server {name} does not exist. Valid servers are : {}", valid.join(" "));
    let service = services.iter_mut().find(|it| it.feature == name);
    let service = service.ok_or(Failure::Usage(unknown))?;
    let no_version =
        "When restarting the FPM server, either the --version or --domain flag must be given";
    require(name != "fpm" || !version.is_empty(), no_version)?;
    let what = if reload { "Reloading" } else { "Restarting" };
    let version = if version.is_empty() { version } else { format!(" version {version}") };
    let first = format!("{what} server {name}{version} ...");
    if service.broken {
        service.up = false;
        return Err(Failure::Halted(format!("{first}\n.. failed : it did not start\n\n")));
    }
    service.up = true;
    world.effect(origin, EffectKind::Restarted, &name);
    Ok(format!("{first}\n.. done\n\n"))
}
