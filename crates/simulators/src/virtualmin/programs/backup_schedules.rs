//! `create-scheduled-backup`, `modify-scheduled-backup` and `delete-scheduled-backup` (as their source in 8.1.0).

use super::checks::{require, server};
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::backup::{BackupChange, BackupSchedule};
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::state::Change;
use crate::virtualmin::world::{Origin, World};

const WORDS: [&str; 5] = ["hourly", "daily", "weekly", "monthly", "yearly"];

/// `create-scheduled-backup`.
pub(super) fn create(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let mut new = BackupSchedule { enabled: true, ..BackupSchedule::default() };
    let (mut all_domains, mut all_features) = (false, false);
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--dest" => new.places.push(arguments.value()),
            "--domain" => new.domains.push(arguments.value()),
            "--all-domains" => all_domains = true,
            "--feature" => new.features.push(arguments.value()),
            "--all-features" => all_features = true,
            "--schedule" => {
                new.schedule = arguments.value();
                let words = new.schedule.split_whitespace().count();
                let fits = words == 5 || WORDS.contains(&new.schedule.as_str());
                require(fits, "--schedule must be followed by a valid cron spec")?;
            }
            "--newformat" => new.separate = true,
            "--disabled" => new.enabled = false,
            "--mkdir" | "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    require(!new.places.is_empty(), "No destinations specified")?;
    require(all_domains || !new.domains.is_empty(), "No domains specified")?;
    require(all_features || !new.features.is_empty(), "No features specified")?;
    for domain in &new.domains {
        server(&world.state, domain)?;
    }
    if all_features {
        new.features.clear();
    }
    let (_, id) = world.new_id(origin.now);
    new.id.clone_from(&id);
    let subject = new.domains.first().cloned().unwrap_or_default();
    world.change(Change::Backups(BackupChange::Schedule(new)));
    world.effect(origin, EffectKind::Created, &subject);
    Ok(format!("Scheduled backup created with ID {id}\n"))
}

/// `modify-scheduled-backup`, which takes no `multiline`.
pub(super) fn modify(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut id, mut enabled) = (String::new(), None);
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--id" => id = arguments.value(),
            "--enable" => enabled = Some(true),
            "--disable" => enabled = Some(false),
            other => return Arguments::refuse(other),
        }
    }
    require(!id.is_empty(), "Missing backup ID flag")?;
    let missing = || Failure::Usage(format!("No scheduled backup with ID {id} found"));
    let mut schedule = find(world, &id).ok_or_else(missing)?;
    schedule.enabled = enabled.unwrap_or(schedule.enabled);
    let subject = schedule.domains.first().cloned().unwrap_or_default();
    world.change(Change::Backups(BackupChange::Schedule(schedule)));
    world.effect(origin, EffectKind::Modified, &subject);
    Ok(format!("Updated scheduled backup {id}\n"))
}

/// `delete-scheduled-backup`.
pub(super) fn delete(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let mut id = String::new();
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--id" => id = arguments.value(),
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    require(!id.is_empty(), "Missing --id or --dest parameters")?;
    let missing = || Failure::Usage(format!("No backup with ID {id} exists"));
    let schedule = find(world, &id).ok_or_else(missing)?;
    let subject = schedule.domains.first().cloned().unwrap_or_default();
    world.change(Change::Backups(BackupChange::Unschedule(id.clone())));
    world.effect(origin, EffectKind::Deleted, &subject);
    Ok(format!("Scheduled backup deleted with ID {id}\n"))
}

fn find(world: &World, id: &str) -> Option<BackupSchedule> {
    world.state.backups.schedules.iter().find(|it| it.id == id).cloned()
}
