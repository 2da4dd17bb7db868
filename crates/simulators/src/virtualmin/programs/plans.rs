//! `list-plans`, `create-plan` and `delete-plan`.

use super::text;
use super::view::View;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::plan::{Limits, Plan};
use crate::virtualmin::state::Change;
use crate::virtualmin::world::{Origin, World};

/// `list-plans`.
pub(super) fn list(
    world: &mut World,
    _: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let mut template = include_str!("templates/list-plans.table.txt");
    let mut wanted = None;
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--multiline" => template = include_str!("templates/list-plans.multiline.txt"),
            "--name-only" => template = include_str!("templates/list-plans.names.txt"),
            "--id-only" => template = include_str!("templates/list-plans.ids.txt"),
            "--id" | "--name" => wanted = Some(arguments.value()),
            other => return Arguments::refuse(other),
        }
    }
    let mut view = View::of(world);
    view.plans.retain(|plan| wanted.as_ref().is_none_or(|wanted| plan.answers_to(wanted)));
    text::render(template, &view)
}

/// `create-plan`.
pub(super) fn create(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut name, mut features, mut limits) = (String::new(), None, Limits::default());
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--name" => name = arguments.value(),
            "--quota" => limits.quota_blocks = number(&flag, &mut arguments)?,
            "--admin-quota" => limits.user_quota_blocks = number(&flag, &mut arguments)?,
            "--max-bw" => limits.bandwidth_bytes = number(&flag, &mut arguments)?,
            "--max-mailbox" => limits.mailboxes = Some(number(&flag, &mut arguments)?),
            "--max-alias" => limits.aliases = Some(number(&flag, &mut arguments)?),
            "--max-dbs" => limits.databases = Some(number(&flag, &mut arguments)?),
            "--max-doms" => limits.sub_servers = Some(number(&flag, &mut arguments)?),
            "--max-aliasdoms" => limits.alias_servers = Some(number(&flag, &mut arguments)?),
            "--max-realdoms" => limits.real_servers = Some(number(&flag, &mut arguments)?),
            "--features" => {
                let list = arguments.value();
                features = Some(list.split_whitespace().map(str::to_owned).collect());
            }
            "--auto-features" => features = None,
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    if name.is_empty() {
        return Err(Failure::Usage("Missing --name flag".into()));
    }
    if world.state.plans.iter().any(|plan| plan.name == name) {
        return Err(Failure::Usage(format!("A plan name {name} already exists")));
    }
    let (_, id) = world.new_id(origin.now);
    let text = format!("Created plan {name} with ID {id}\n");
    world.effect(origin, EffectKind::Created, &name);
    world.change(Change::AddPlan(Plan { id, name, limits, features }));
    Ok(text)
}

fn number(flag: &str, arguments: &mut Arguments) -> Result<u64, Failure> {
    let value = arguments.value();
    value
        .parse()
        .map_err(|_| Failure::Usage(format!("The {flag} parameter must be followed by a number")))
}

/// `delete-plan`.
pub(super) fn delete(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let mut wanted = None;
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--name" => wanted = Some(("name", arguments.value())),
            "--id" => wanted = Some(("ID", arguments.value())),
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    let Some((what, value)) = wanted else {
        return Err(Failure::Usage("Either the --name or --id parameter must be given".into()));
    };
    let own = |plan: &Plan| if what == "ID" { plan.id.clone() } else { plan.name.clone() };
    let plan = world.state.plans.iter().find(|plan| own(plan) == value).cloned();
    let Some(Plan { id, name, .. }) = plan else {
        return Err(Failure::Usage(format!("No plan with {what} {value} was found")));
    };
    let text = format!("Deleted plan {name} with ID {id}\n");
    world.effect(origin, EffectKind::Deleted, &name);
    world.change(Change::RemovePlan(id));
    Ok(text)
}
