//! `list-plans`, `create-plan` and `delete-plan`.

use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::plan::{Limits, Plan};
use crate::virtualmin::size::{pretty, pretty_blocks};
use crate::virtualmin::state::Change;
use crate::virtualmin::world::{Origin, World};

/// `list-plans`.
pub(super) fn list(
    world: &mut World,
    _: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let mut row: fn(&Plan) -> String = table_row;
    let mut heading = table_heading();
    let mut wanted = None;
    while let Some(flag) = arguments.next() {
        row = match flag.as_str() {
            "--multiline" => multiline,
            "--name-only" => |plan| format!("{}\n", plan.name),
            "--id-only" => |plan| format!("{}\n", plan.id),
            "--id" | "--name" => {
                wanted = Some(arguments.value());
                continue;
            }
            other => return Arguments::refuse(other),
        };
        heading.clear();
    }
    let plans = world.state.plans.iter();
    let chosen = plans.filter(|plan| wanted.as_ref().is_none_or(|wanted| plan.answers_to(wanted)));
    Ok(chosen.fold(heading, |text, plan| text + &row(plan)))
}

fn table_heading() -> String {
    let rule = [18, 40, 10, 8].map(|width| "-".repeat(width)).join(" ");
    format!("{:<18} {:<40} {:<10} {:<8}\n{rule}\n", "ID", "Name", "Quota", "Domains")
}

fn limit(limit: Option<u64>) -> String {
    limit.map_or_else(|| "Unlimited".into(), |number| number.to_string())
}

fn table_row(plan: &Plan) -> String {
    let limits = &plan.limits;
    let (quota, domains) = (pretty_blocks(limits.quota_blocks), limit(limits.sub_servers));
    format!("{:<18} {:<40} {quota:<10} {domains:<8}\n", plan.id, plan.name)
}

fn multiline(plan: &Plan) -> String {
    let limits = &plan.limits;
    let quota = |label: &str, blocks: u64| match blocks {
        0 => format!("    {label} block quota: Unlimited\n"),
        _ => format!(
            "    {label} block quota: {blocks}\n    {label} quota: {}\n",
            pretty_blocks(blocks)
        ),
    };
    let bandwidth = match limits.bandwidth_bytes {
        0 => "    Maximum bw: Unlimited\n".to_owned(),
        bytes => format!("    Maximum bw: {}\n", pretty(bytes)),
    };
    let features = plan.features.as_ref().map_or("Automatic".into(), |codes| codes.join(" "));
    format!(
        "{}\n    Name: {}\n{}{}    Maximum mailbox: {}\n    Maximum alias: {}\n    Maximum dbs: {}\n    \
         Maximum doms: {}\n    Maximum aliasdoms: {}\n    Maximum realdoms: {}\n{bandwidth}    \
         Can choose database names: Yes\n    Can rename domains: Yes\n    Can migrate backups: No\n    \
         Can create sub-servers under any domain: Yes\n    Can create sub-servers under other domains: No\n    \
         Allowed features: {features}\n    Edit capabilities: Automatic\n    Allowed scripts: All\n    \
         Resellers: All\n",
        plan.id,
        plan.name,
        quota("Server", limits.quota_blocks),
        quota("Administrator", limits.user_quota_blocks),
        limit(limits.mailboxes),
        limit(limits.aliases),
        limit(limits.databases),
        limit(limits.sub_servers),
        limit(limits.alias_servers),
        limit(limits.real_servers),
    )
}

/// `create-plan`.
pub(super) fn create(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut name, mut features, mut limits) = (String::new(), None, Limits::none());
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
