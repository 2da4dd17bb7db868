//! `modify-plan`: changes a plan, but not the virtual servers that have it (as `modify-plan.pl` of 8.1.0).

use super::checks::require;
use super::plans::{Wanted, take_limit, words};
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::plan::Plan;
use crate::virtualmin::state::Change;
use crate::virtualmin::world::{Origin, World};

/// A change of a plan.
type Edit = Box<dyn FnOnce(&mut Plan)>;

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    // The program names its plan anywhere, and reads the limits before it looks the plan up.
    let mut wanted = None;
    let mut changes: Vec<Edit> = Vec::new();
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--id" | "--name" => wanted = Some(Wanted::read(&flag, &mut arguments)),
            "--new-name" => {
                let name = arguments.value();
                changes.push(Box::new(move |plan| plan.name = name));
            }
            "--features" => {
                let features = words(&arguments.value());
                changes.push(Box::new(move |plan| plan.features = Some(features)));
            }
            "--auto-features" => changes.push(Box::new(|plan| plan.features = None)),
            "--no-features" => changes.push(Box::new(|plan| plan.features = Some(Vec::new()))),
            "--multiline" => {}
            other => changes.push(limit(other, &mut arguments)?),
        }
    }
    let missing = || Failure::Usage("Either the --id or --name parameter must be given".into());
    let old = wanted.ok_or_else(missing)?.find(&world.state)?;
    let mut new = old.clone();
    changes.into_iter().for_each(|change| change(&mut new));
    let clashes = |plan: &Plan| plan.id != new.id && plan.name.eq_ignore_ascii_case(&new.name);
    let clash = new.name != old.name && world.state.plans.iter().any(clashes);
    require(!clash, &format!("A plan named {} already exists", new.name))?;
    let (id, name) = (&new.id, new.name.clone());
    let text = format!("Modified plan {name} with ID {id}\n");
    world.change(Change::ReplacePlan(new));
    world.effect(origin, EffectKind::Modified, &name);
    Ok(text)
}

/// Sets a limit, or takes it off.
fn limit(flag: &str, arguments: &mut Arguments) -> Result<Edit, Failure> {
    match flag.strip_prefix("--no-") {
        Some("quota") => return Ok(Box::new(|plan| plan.limits.quota_blocks = 0)),
        Some("admin-quota") => return Ok(Box::new(|plan| plan.limits.user_quota_blocks = 0)),
        Some("max-bw") => return Ok(Box::new(|plan| plan.limits.bandwidth_bytes = 0)),
        Some(other) => {
            let name = other.strip_prefix("max-").unwrap_or_default().to_owned();
            if Plan::default_plan().limits.count(&name).is_none() {
                return Arguments::refuse(flag);
            }
            return Ok(Box::new(move |plan| {
                plan.limits.count(&name).into_iter().for_each(|count| *count = None);
            }));
        }
        None => {}
    }
    let mut given = Plan::default_plan().limits;
    if !take_limit(&mut given, flag, arguments)? {
        return Arguments::refuse(flag);
    }
    let flag = flag.to_owned();
    Ok(Box::new(move |plan| {
        let limits = &mut plan.limits;
        match flag.as_str() {
            "--quota" => limits.quota_blocks = given.quota_blocks,
            "--admin-quota" => limits.user_quota_blocks = given.user_quota_blocks,
            "--max-bw" => limits.bandwidth_bytes = given.bandwidth_bytes,
            other => {
                let name = other.strip_prefix("--max-").unwrap_or_default();
                if let (Some(own), Some(new)) = (limits.count(name), given.count(name)) {
                    *own = *new;
                }
            }
        }
    }))
}
