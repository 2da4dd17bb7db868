//! `list-backup-logs` and `list-scheduled-backups` (as their source in 8.1.0).

use super::checks::require;
use super::list_flags::ListFlags;
use super::text;
use super::view::View;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::world::{Origin, World};

/// `list-backup-logs`. The simulator knows no dates to begin and end with.
pub(super) fn runs(
    world: &mut World,
    _: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let flags = ListFlags::extract(&mut arguments)?;
    let (mut domain, mut failed, mut succeeded) = (None, false, false);
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = Some(arguments.value()),
            "--failed" => failed = true,
            "--succeeded" => succeeded = true,
            other => return Arguments::refuse(other),
        }
    }
    let both = "The --failed and --succeeded flags are mutually exclusive";
    require(!(failed && succeeded), both)?;
    let mut view = View::of(world);
    view.runs.retain(|run| {
        domain.as_ref().is_none_or(|it| run.domains.contains(it))
            && (!failed || !run.ok)
            && (!succeeded || run.ok)
    });
    let template = match flags.multiline {
        true => include_str!("templates/list-backup-logs.multiline.txt"),
        false => include_str!("templates/list-backup-logs.table.txt"),
    };
    text::render(template, &view)
}

/// `list-scheduled-backups`. With a domain it lists those that the domain's owner made, and the simulator has none.
pub(super) fn schedules(
    world: &mut World,
    _: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let flags = ListFlags::extract(&mut arguments)?;
    let mut domain = None;
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = Some(arguments.value()),
            other => return Arguments::refuse(other),
        }
    }
    let mut view = View::of(world);
    if let Some(domain) = domain {
        let known = world.state.servers.contains_key(&domain);
        require(known, &format!("No domain named {domain} exists"))?;
        view.schedules = &[];
    }
    let template = match flags.multiline {
        true => include_str!("templates/list-scheduled-backups.multiline.txt"),
        false => include_str!("templates/list-scheduled-backups.table.txt"),
    };
    text::render(template, &view)
}
