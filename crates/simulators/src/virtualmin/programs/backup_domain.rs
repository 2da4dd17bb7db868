//! `backup-domain`: archives virtual servers (recordings 231 to 236; the rest as `backup-domain.pl` of 8.1.0).

use super::backup_steps;
use super::checks::require;
use super::selection::by_names;
use super::steps::Steps;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::backup::{Archive, BackupChange, BackupRun};
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::size::pretty;
use crate::virtualmin::state::Change;
use crate::virtualmin::world::{Origin, World};

/// The size of an archived virtual server in bytes.
const SIZE: u64 = 60_590;

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut places, mut domains, mut features) = (Vec::new(), Vec::new(), false);
    let (mut all, mut separate) = (false, false);
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--dest" => places.push(arguments.value()),
            "--domain" => domains.push(arguments.value()),
            "--all-domains" => all = true,
            "--feature" => {
                drop(arguments.value());
                features = true;
            }
            "--all-features" => features = true,
            "--newformat" => separate = true,
            "--mkdir" | "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    require(!places.is_empty(), "No destinations specified")?;
    require(all || !domains.is_empty(), "No domains specified")?;
    require(features, "No features specified")?;
    for place in &places {
        let wrong = format!("Destination {place} is invalid : Unknown backup destination");
        require(place.starts_with('/') || place.contains("://"), &wrong)?;
    }
    let servers = match all {
        true => world.state.servers.values().cloned().collect(),
        false => by_names(&world.state, &domains, &[], &[])?,
    };
    let mut steps = Steps::default();
    steps.line("Starting backup..");
    let bad = places.iter().find(|place| !backup_steps::is_writable(place)).cloned();
    backup_steps::test(&mut steps, &places, bad.as_deref());
    if bad.is_none() {
        servers.iter().for_each(|server| backup_steps::server(&mut steps, server));
        steps.line(&format!("{} virtual servers backed up successfully", servers.len()));
        let size = pretty(SIZE * servers.len() as u64);
        steps.line(&format!("Backup completed successfully. Final size was {size}"));
    } else {
        steps.line("Backup failed!");
    }
    steps.blank();
    let names: Vec<_> = servers.iter().map(|it| it.domain.clone()).collect();
    for place in places {
        let (serial, _) = world.new_id(origin.now);
        let now = origin.now.unix_timestamp();
        let run = BackupRun {
            id: format!("{now}-4711-{serial}"),
            domains: names.clone(),
            place: place.clone(),
            ok: bad.is_none(),
            separate,
            started_at: now,
        };
        if run.ok {
            let servers = servers.clone();
            world.change(Change::Backups(BackupChange::Archive(Archive { place, servers })));
        }
        world.change(Change::Backups(BackupChange::Run(run)));
    }
    if bad.is_some() {
        return Err(Failure::Halted(steps.text()));
    }
    names.iter().for_each(|domain| world.effect(origin, EffectKind::BackedUp, domain));
    Ok(steps.text())
}
