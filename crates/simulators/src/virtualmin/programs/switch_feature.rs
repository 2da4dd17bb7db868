//! `enable-feature` and `disable-feature` (recordings 242 to 245; the rest as these programs of 8.1.0).

use super::checks::require;
use super::create_rules::first_database;
use super::create_steps::services;
use super::feature_steps::{remove, restart};
use super::machine;
use super::selection::by_names;
use super::steps::Steps;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::contents::MailAlias;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::virtual_server::{Kind, VirtualServer};
use crate::virtualmin::world::{Origin, World};

/// `enable-feature`.
pub(super) fn enable(
    world: &mut World,
    origin: &Origin,
    arguments: Arguments,
) -> Result<String, Failure> {
    run(world, origin, arguments, true)
}

/// `disable-feature`.
pub(super) fn disable(
    world: &mut World,
    origin: &Origin,
    arguments: Arguments,
) -> Result<String, Failure> {
    run(world, origin, arguments, false)
}

fn run(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
    on: bool,
) -> Result<String, Failure> {
    let (mut domains, mut users, mut all) = (Vec::new(), Vec::new(), false);
    let (mut features, mut skips_warnings) = (Vec::new(), false);
    while let Some(flag) = arguments.next() {
        let name = flag.strip_prefix("--").unwrap_or_default();
        match flag.as_str() {
            "--domain" => domains.push(arguments.value()),
            "--user" => users.push(arguments.value()),
            "--all-domains" => all = true,
            "--skip-warnings" if on => skips_warnings = true,
            "--multiline" => {}
            other => {
                let offered = machine::features(&world.machine);
                let Some(feature) = offered.iter().find(|it| it.code == name) else {
                    return Arguments::refuse(other);
                };
                let off = format!(
                    "The {other} option cannot be used unless the feature is enabled in the module configuration"
                );
                require(feature.enabled, &off)?;
                features.push(name.to_owned());
            }
        }
    }
    let any = all || !domains.is_empty() || !users.is_empty();
    require(any, "No domains or users specified")?;
    let servers = match all {
        true => world.state.servers.values().cloned().collect(),
        false => by_names(&world.state, &domains, &users, &[])?,
    };
    let (mut steps, mut is_good) = (Steps::default(), true);
    let mut changed: Vec<(String, Vec<String>)> = Vec::new();
    for server in servers {
        steps.line(&format!("Updating server {} ..", server.domain));
        let moved: Vec<_> =
            features.iter().filter(|code| server.has(code) != on).cloned().collect();
        let new = with(world, &server, &moved, on);
        if let Some(problem) = problem(world, &server, &new, &moved, on, skips_warnings) {
            steps.line(&problem);
            steps.blank();
            is_good = false;
            continue;
        }
        steps.nest(true);
        if on {
            if moved.iter().any(|code| code == "dns") {
                steps.done("Adding new DNS zone");
            }
            services(&mut steps, &VirtualServer { features: moved.clone(), ..new.clone() });
        } else {
            remove(&mut steps, &server, &moved);
        }
        steps.nest(false);
        steps.line(".. done");
        steps.blank();
        if !moved.is_empty() {
            world.effect(origin, EffectKind::Modified, &new.domain);
            changed.push((new.domain.clone(), moved));
            world.put(new);
        }
    }
    changed.iter().for_each(|(domain, features)| restart(&mut steps, domain, features));
    let text = steps.text();
    if is_good { Ok(text) } else { Err(Failure::Halted(text)) }
}

/// The virtual server with these features or without them, and with what they bring.
fn with(world: &World, server: &VirtualServer, moved: &[String], on: bool) -> VirtualServer {
    let mut new = server.clone();
    let wanted = |code: &str| match moved.iter().any(|it| it == code) {
        true => on,
        false => server.has(code),
    };
    let all = machine::features(&world.machine).map(|it| it.code.to_owned());
    new.features = all.into_iter().filter(|code| wanted(code)).collect();
    for code in moved {
        match (code.as_str(), on) {
            ("mail", true) if !matches!(new.kind, Kind::Alias { .. }) => {
                new.contents.aliases = MailAlias::first(&new.contact(&world.machine.hostname));
            }
            ("mail", _) => new.contents.aliases.clear(),
            ("mysql", true) => new.contents.databases.push(first_database(&new.prefix)),
            ("mysql", false) => new.contents.databases.clear(),
            _ => {}
        }
    }
    new
}

/// The line with which the program passes a virtual server over.
fn problem(
    world: &World,
    old: &VirtualServer,
    new: &VirtualServer,
    moved: &[String],
    on: bool,
    skips_warnings: bool,
) -> Option<String> {
    let forbidden = moved.iter().find(|code| match old.kind {
        Kind::TopLevel => false,
        Kind::SubServer { .. } | Kind::Alias { .. } => ["unix", "webmin"].contains(&code.as_str()),
    });
    if let Some(code) = forbidden.filter(|_| on && !skips_warnings) {
        return Some(format!(
            ".. the feature {code} cannot be enabled for this type of virtual server unless the --skip-warnings flag is given"
        ));
    }
    // The words of `lang/en` of 8.1.0 (`setup_edep…`).
    let depends = [
        ("web", "dir", "A website cannot be enabled unless a home directory is created"),
        ("ssl", "web", "SSL cannot be enabled unless a website is configured"),
        ("logrotate", "web", "Log file rotation cannot be enabled unless a website is"),
    ];
    let unmet = depends.iter().find(|(code, needs, _)| new.has(code) && !new.has(needs));
    if let Some((_, _, words)) = unmet {
        return Some(format!(".. dependency checks failed : {words}"));
    }
    let uses = |it: &&VirtualServer| {
        matches!(&it.kind, Kind::Alias { of, .. } if *of == old.domain)
            && moved.iter().any(|code| it.has(code))
    };
    let users: Vec<_> = world.state.servers.values().filter(uses).map(|it| &*it.domain).collect();
    if !on && !users.is_empty() {
        let users = users.join(" ");
        return Some(format!(".. feature being disabled is in use by alias servers : {users}"));
    }
    let database = first_database(&old.prefix);
    let takes = on && moved.iter().any(|code| code == "mysql");
    let warned = takes && world.machine.databases.contains(&database) && !skips_warnings;
    warned.then(|| {
        format!(
            "Warning: A MySQL database named {database} already exists\n.. this virtual server will not be updated unless the \
             --skip-warnings flag is given"
        )
    })
}
