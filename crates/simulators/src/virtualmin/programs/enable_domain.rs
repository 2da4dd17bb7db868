//! `enable-domain`: switches on again the features that `disable-domain` switched off.

use super::steps::Steps;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::virtual_server::VirtualServer;
use crate::virtualmin::world::{Origin, World};

/// The output of enabling, for each feature that was switched off.
const STEPS: &[(&str, &[&str])] = &[
    ("unix", &["Restoring administration user's password"]),
    ("dns", &["Restoring DNS zone"]),
    ("mail", &["Adding to email domains list", "Unlocking mail users' accounts"]),
    ("web", &["Removing error page from website"]),
    ("ssl", &["Removing error page from SSL website"]),
    ("mysql", &["Restoring MariaDB user's password"]),
];

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut domain, mut sub_servers) = (String::new(), false);
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = arguments.lower(),
            "--subservers" => sub_servers = true,
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    if domain.is_empty() {
        return Err(Failure::Usage("No domain specified".into()));
    }
    let server = world
        .state
        .servers
        .get(&domain)
        .cloned()
        .ok_or_else(|| Failure::Usage(format!("Virtual server {domain} does not exist")))?;
    if server.disabled.is_none() {
        return Err(Failure::Usage(format!("Virtual server {domain} is not disabled")));
    }
    let mut servers = vec![server];
    if sub_servers {
        let children = world.state.children(&domain);
        servers.extend(children.into_iter().filter(|child| child.disabled.is_some()));
    }
    let texts: Vec<_> = servers.into_iter().map(|server| enable(world, origin, server)).collect();
    Ok(format!("{}All done!\n", texts.concat()))
}

fn enable(world: &mut World, origin: &Origin, mut server: VirtualServer) -> String {
    let domain = server.domain.clone();
    let mut steps = Steps::begin(&format!("Enabling virtual server {domain} .."));
    let off = server.disabled.as_ref().map(|disabled| disabled.features.as_slice());
    let listed = |code: &str| off.unwrap_or_default().iter().any(|feature| feature == code);
    // The error page of a website covers its SSL side, whichever of the two was switched off.
    let off = |code: &str| listed(code) || (code == "ssl" && server.has("ssl") && listed("web"));
    for (_, lines) in STEPS.iter().filter(|(code, _)| off(code)) {
        lines.iter().for_each(|line| steps.done(line));
    }
    steps.done("Saving server details");
    if off("dns") {
        steps.done(&format!("Re-starting DNS server for {domain}"));
    }
    if off("web") || off("ssl") {
        steps.done("Applying webserver configuration");
    }
    if off("mail") {
        // Also those that were locked before (`enable_mail` in `feature-mail.pl` of 8.1.0).
        server.contents.mailboxes.iter_mut().for_each(|mailbox| mailbox.disabled = false);
    }
    world.put(VirtualServer { disabled: None, ..server });
    world.effect(origin, EffectKind::Enabled, &domain);
    steps.text()
}
