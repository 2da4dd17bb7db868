//! `restore-domain`: virtual servers as an archive has them (recordings 237 to 239; the rest as `restore-domain.pl` of
//! 8.1.0).

use super::backup_steps;
use super::checks::require;
use super::steps::Steps;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::virtual_server::VirtualServer;
use crate::virtualmin::world::{Origin, World};

/// Runs the program. A virtual server that the archive does not have is no failure.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut source, mut domains, mut features) = (String::new(), Vec::new(), false);
    let (mut all, mut existing, mut missing) = (false, false, false);
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--source" => source = arguments.value(),
            "--domain" => domains.push(arguments.value()),
            "--all-domains" => all = true,
            "--feature" => {
                drop(arguments.value());
                features = true;
            }
            "--all-features" => features = true,
            "--only-existing" => existing = true,
            "--only-missing" => missing = true,
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    require(!source.is_empty(), "Missing --source parameter")?;
    require(all || !domains.is_empty(), "No domains to restore specified")?;
    require(features, "No features to restore specified")?;
    let absent = || Failure::Usage(format!("Restore file {source} does not exist"));
    let archive = world.state.backups.archive(&source).ok_or_else(absent)?;
    let is_wanted = |it: &&VirtualServer| {
        let exists = world.state.servers.contains_key(&it.domain);
        let fits = (!existing || exists) && (!missing || !exists);
        fits && (all || domains.contains(&it.domain))
    };
    let chosen: Vec<_> = archive.servers.iter().filter(is_wanted).cloned().collect();
    let mut steps = Steps::default();
    for (step, end) in [
        ("Checking for missing features ..", ".. all features in backup are supported"),
        ("Checking for errors in backup ..", ".. no errors found"),
    ] {
        steps.line(step);
        steps.line(end);
        steps.blank();
    }
    steps.line("Starting restore..");
    steps.done("Extracting backup archive file");
    for server in chosen {
        backup_steps::restored(&mut steps, &server.domain);
        let domain = server.domain.clone();
        world.put(server);
        world.effect(origin, EffectKind::Restored, &domain);
    }
    steps.line("Restore completed successfully.");
    steps.blank();
    Ok(steps.text())
}
