//! `disable-domain`: switches a virtual server off and keeps its data.

use super::steps::Steps;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::clock;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::virtual_server::{Disabled, VirtualServer};
use crate::virtualmin::world::{Origin, World};

/// The features that disabling switches off by default, with the output for each.
const SWITCHABLE: &[(&str, &[&str])] = &[
    ("unix", &["Locking administration user's password"]),
    ("dns", &["Renaming DNS zone to disable it"]),
    ("mail", &["Removing from email domains list", "Locking mail users' accounts"]),
    ("web", &["Replacing website with error page"]),
    ("ssl", &["Replacing SSL website with error page"]),
    ("mysql", &["Locking MariaDB user's password"]),
];

#[derive(Default)]
struct Options {
    domain: String,
    why: Option<String>,
    sub_servers: bool,
    features: Vec<String>,
    schedule: Option<String>,
}

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let mut options = Options::default();
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => options.domain = arguments.lower(),
            "--why" => options.why = Some(arguments.value()),
            "--subservers" => options.sub_servers = true,
            "--feature" => options.features.push(arguments.value()),
            "--schedule" => options.schedule = Some(arguments.value()),
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    let domain = &options.domain;
    if domain.is_empty() {
        return Err(Failure::Usage("No domain specified".into()));
    }
    let server = world
        .state
        .servers
        .get(domain)
        .cloned()
        .ok_or_else(|| Failure::Usage(format!("Virtual server {domain} does not exist")))?;
    if let Some(when) = &options.schedule {
        return schedule(world, origin, server, when);
    }
    if server.disabled.is_some() {
        return Err(Failure::Usage(format!("Virtual server {domain} is already disabled")));
    }
    let mut servers = vec![server];
    if options.sub_servers {
        let children = world.state.children(domain);
        servers.extend(children.into_iter().filter(|child| child.disabled.is_none()));
    }
    let texts: Vec<_> =
        servers.into_iter().map(|server| disable(world, origin, &options, server)).collect();
    Ok(format!("{}All done!\n", texts.concat()))
}

fn disable(
    world: &mut World,
    origin: &Origin,
    options: &Options,
    mut server: VirtualServer,
) -> String {
    let domain = server.domain.clone();
    let mut steps = Steps::begin(&format!("Disabling virtual server {domain} .."));
    if server.protected {
        steps.line(".. skip : protected domain");
        steps.blank();
        return steps.text();
    }
    let chosen = |code: &str| {
        server.has(code)
            && (options.features.is_empty() || options.features.iter().any(|own| own == code))
    };
    let table: Vec<_> = SWITCHABLE.iter().filter(|(code, _)| chosen(code)).collect();
    table.iter().flat_map(|(_, lines)| *lines).for_each(|line| steps.done(line));
    let features: Vec<String> = table.iter().map(|(code, _)| (*code).to_owned()).collect();
    steps.done("Saving server details");
    if features.iter().any(|code| code == "dns") {
        steps.done(&format!("Re-starting DNS server for {domain}"));
    }
    if features.iter().any(|code| code == "web" || code == "ssl") {
        steps.done("Applying webserver configuration");
    }
    // If there is nothing to switch off, the program still reports success, and the server is not disabled.
    if !features.is_empty() {
        if features.iter().any(|code| code == "mail") {
            server.contents.mailboxes.iter_mut().for_each(|mailbox| mailbox.disabled = true);
        }
        let disabled =
            Disabled { why: options.why.clone(), at: origin.now.unix_timestamp(), features };
        world.put(VirtualServer { disabled: Some(disabled), ..server });
        world.effect(origin, EffectKind::Disabled, &domain);
    }
    steps.text()
}

fn schedule(
    world: &mut World,
    origin: &Origin,
    server: VirtualServer,
    when: &str,
) -> Result<String, Failure> {
    const SECONDS_PER_DAY: i64 = 86_400;
    let domain = server.domain.clone();
    let at = match (when, when.parse::<i64>()) {
        ("none", _) => None,
        (_, Ok(days)) if (0..1_000_000).contains(&days) => {
            Some(origin.now.unix_timestamp() + days * SECONDS_PER_DAY)
        }
        (_, Ok(seconds)) => Some(seconds),
        (_, Err(_)) => return Err(Failure::Usage("Invalid disable schedule".into())),
    };
    world.put(VirtualServer { disable_scheduled_at: at, ..server });
    world.effect(origin, EffectKind::Modified, &domain);
    Ok(match at {
        Some(at) => format!(
            "Setting up disable schedule for {domain} to {} ..\n.. done\n",
            clock::local_seconds(at)
        ),
        None => format!("Removing disable schedule for {domain} ..\n.. done\n"),
    })
}
