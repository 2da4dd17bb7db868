//! `list-plans`, `create-plan` and `delete-plan` (recordings 192 to 204; the rest as their source in 8.1.0).

use super::checks::{require, whole};
use super::text;
use super::view::View;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::plan::{Limits, Plan};
use crate::virtualmin::state::{Change, State};
use crate::virtualmin::world::{Origin, World};

/// `list-plans`. An unknown plan is a failure (as `list-plans.pl` of 8.1.0).
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
            "--id" | "--name" => wanted = Some(Wanted::read(&flag, &mut arguments)),
            other => return Arguments::refuse(other),
        }
    }
    let mut view = View::of(world);
    if let Some(wanted) = &wanted {
        wanted.find(&world.state)?;
        view.plans.retain(|plan| wanted.is(plan));
    }
    text::render(template, &view)
}

/// The plan that a call names.
pub(super) enum Wanted {
    Id(String),
    Name(String),
}

impl Wanted {
    /// Reads the value of `--id` or of `--name`.
    pub(super) fn read(flag: &str, arguments: &mut Arguments) -> Self {
        match flag {
            "--id" => Self::Id(arguments.value()),
            _ => Self::Name(arguments.value()),
        }
    }

    fn is(&self, plan: &Plan) -> bool {
        match self {
            Self::Id(id) => plan.id == *id,
            Self::Name(name) => plan.name == *name,
        }
    }

    /// The plan.
    pub(super) fn find(&self, state: &State) -> Result<Plan, Failure> {
        let (what, wanted) = match self {
            Self::Id(id) => ("ID", id),
            Self::Name(name) => ("name", name),
        };
        let missing = || Failure::Usage(format!("No plan with {what} {wanted} was found"));
        state.plans.iter().find(|plan| self.is(plan)).cloned().ok_or_else(missing)
    }
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
            "--features" => features = Some(words(&arguments.value())),
            "--no-features" => features = Some(Vec::new()),
            "--multiline" => {}
            other if take_limit(&mut limits, other, &mut arguments)? => {}
            other => return Arguments::refuse(other),
        }
    }
    require(!name.is_empty(), "Missing --name flag")?;
    let clash = world.state.plans.iter().any(|plan| plan.name.eq_ignore_ascii_case(&name));
    require(!clash, &format!("A plan name {name} already exists"))?;
    let (_, id) = world.new_id(origin.now);
    let text = format!("Created plan {name} with ID {id}\n");
    world.effect(origin, EffectKind::Created, &name);
    world.change(Change::AddPlan(Plan { id, name, limits, features }));
    Ok(text)
}

/// Takes a limit; `false` if the flag is none.
pub(super) fn take_limit(
    limits: &mut Limits,
    flag: &str,
    arguments: &mut Arguments,
) -> Result<bool, Failure> {
    let count = match flag {
        "--quota" | "--admin-quota" => {
            let wrong = format!("{flag} must be followed by a quota in blocks");
            let blocks = whole(&arguments.value(), &wrong)?;
            match flag {
                "--quota" => limits.quota_blocks = blocks,
                _ => limits.user_quota_blocks = blocks,
            }
            return Ok(true);
        }
        "--max-bw" => {
            let wrong = format!("{flag} must be followed by a numeric limit");
            limits.bandwidth_bytes = whole(&arguments.value(), &wrong)?;
            return Ok(true);
        }
        other => match other.strip_prefix("--max-").and_then(|it| limits.count(it)) {
            Some(count) => count,
            None => return Ok(false),
        },
    };
    let wrong = format!("{flag} must be followed by a numeric limit");
    *count = Some(whole(&arguments.value(), &wrong)?);
    Ok(true)
}

/// The words of a list of features.
pub(super) fn words(list: &str) -> Vec<String> {
    list.split_whitespace().map(str::to_owned).collect()
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
            "--id" | "--name" => wanted = Some(Wanted::read(&flag, &mut arguments)),
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    let missing = || Failure::Usage("Either the --id or --name parameter must be given".into());
    let Plan { id, name, .. } = wanted.ok_or_else(missing)?.find(&world.state)?;
    let text = format!("Deleted plan {name} with ID {id}\n");
    world.effect(origin, EffectKind::Deleted, &name);
    world.change(Change::RemovePlan(id));
    Ok(text)
}
