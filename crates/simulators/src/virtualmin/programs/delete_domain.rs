//! `delete-domain`: deletes virtual servers with their sub-servers and aliases.

use super::feature_steps::remove;
use super::selection::by_names;
use super::steps::Steps;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::state::Change;
use crate::virtualmin::virtual_server::VirtualServer;
use crate::virtualmin::world::{Origin, World};

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut domains, mut users) = (Vec::new(), Vec::new());
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domains.push(arguments.value()),
            "--user" => users.push(arguments.value()),
            "--pre-command" | "--post-command" => drop(arguments.value()),
            "--only" | "--preserve-remote" | "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    if domains.is_empty() && users.is_empty() {
        return Err(Failure::Usage("No users or domains specified".into()));
    }
    let chosen = by_names(&world.state, &domains, &users, &[])?;
    let parent_chosen = |server: &VirtualServer| {
        server.parent().is_some_and(|parent| chosen.iter().any(|other| other.domain == parent))
    };

    let mut steps = Steps::default();
    for server in chosen.iter().filter(|server| !parent_chosen(server)) {
        steps.line(&format!("Deleting virtual server {} ..", server.domain));
        if server.protected {
            steps.line(".. skip : protected domain");
            steps.blank();
            continue;
        }
        steps.nest(true);
        for child in world.state.children(&server.domain) {
            steps.line(&format!("Deleting sub-server {} ..", child.domain));
            steps.nest(true);
            delete(world, origin, &mut steps, &child);
            steps.nest(false);
            steps.line(".. done");
            steps.blank();
        }
        delete(world, origin, &mut steps, server);
        steps.nest(false);
        steps.line(".. deleted");
        steps.blank();
    }
    Ok(steps.text())
}

fn delete(world: &mut World, origin: &Origin, steps: &mut Steps, server: &VirtualServer) {
    let details = format!("Deleting server details for {}", server.domain);
    let name_server = format!("Re-starting DNS server for {}", server.domain);
    steps.done("Deleting mail aliases");
    remove(steps, server, &server.features);
    let table: &[(&str, &[&str])] = &[
        ("dir", &["Deleting home directory"]),
        ("unix", &["Deleting administration user", "Deleting administration group"]),
        ("", &[&details]),
        ("webmin", &["Updating Webmin user", "Re-loading Webmin"]),
        ("mail", &["Restarting mail server"]),
        ("web", &["Applying webserver configuration"]),
        ("dns", &[&name_server]),
    ];
    for (_, lines) in table.iter().filter(|(code, _)| code.is_empty() || server.has(code)) {
        lines.iter().for_each(|line| steps.done(line));
    }
    world.change(Change::Remove(server.domain.clone()));
    world.effect(origin, EffectKind::Deleted, &server.domain);
}
