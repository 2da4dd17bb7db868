//! `modify-domain`: changes settings of a virtual server, disabled or not.

use super::modify_settings::Settings;
use super::rename::rename;
use super::steps::Steps;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::virtual_server::VirtualServer;
use crate::virtualmin::world::{Origin, World};

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    arguments: Arguments,
) -> Result<String, Failure> {
    let settings = Settings::read(world, arguments)?;
    let domain = &settings.domain;
    if domain.is_empty() {
        return Err(Failure::Usage("No domain specified".into()));
    }
    let Some(old) = world.state.servers.get(domain).cloned() else {
        return Err(Failure::Usage(format!("Virtual server {domain} does not exist.")));
    };
    check_sub_server(&old, &settings)?;

    let mut new = settings.applied(old.clone());
    if let Some(plan) = settings.plan.as_ref().filter(|_| settings.apply_plan) {
        new.limits = world.plan_or_default(plan).limits;
    }
    let children = world.state.children(domain);
    let text = text(&old, &new, &children);
    let domain = new.domain.clone();
    rename(world, &old, new);
    if let Some(password) = settings.password {
        world.passwords.set(&domain, password);
    }
    world.effect(origin, EffectKind::Modified, &domain);
    Ok(text)
}

fn check_sub_server(server: &VirtualServer, settings: &Settings) -> Result<(), Failure> {
    let refusals = [
        (settings.user.is_some(), "The username cannot be changed for a sub-domain"),
        (settings.password.is_some(), "The password cannot be changed for a sub-domain"),
        (
            settings.quota.is_some() || settings.user_quota.is_some(),
            "Quotas cannot be changed for a sub-domain",
        ),
    ];
    match refusals.iter().find(|(given, _)| *given && server.parent().is_some()) {
        Some((_, refusal)) => Err(Failure::Usage((*refusal).to_owned())),
        None => Ok(()),
    }
}

impl Settings {
    fn applied(&self, mut server: VirtualServer) -> VirtualServer {
        let set = |field: &mut String, value: &Option<String>| {
            if let Some(value) = value {
                field.clone_from(value);
            }
        };
        set(&mut server.description, &self.description);
        set(&mut server.username, &self.user);
        set(&mut server.home, &self.home);
        set(&mut server.domain, &self.new_domain);
        set(&mut server.plan, &self.plan);
        set(&mut server.template, &self.template);
        let limits = &mut server.limits;
        limits.quota_blocks = self.quota.unwrap_or(limits.quota_blocks);
        limits.user_quota_blocks = self.user_quota.unwrap_or(limits.user_quota_blocks);
        limits.bandwidth_bytes = self.bandwidth.unwrap_or(limits.bandwidth_bytes);
        server.protected = self.protected.unwrap_or(server.protected);
        server.email = self.email.clone().or(server.email);
        server.password_changes += u32::from(self.password.is_some());
        server
    }
}

fn text(old: &VirtualServer, new: &VirtualServer, children: &[VirtualServer]) -> String {
    let mut steps = Steps::begin(&format!("Updating virtual server {} ..", new.domain));
    let quota = old.limits.quota_blocks != new.limits.quota_blocks
        || old.limits.user_quota_blocks != new.limits.user_quota_blocks;
    let login = old.username != new.username
        || old.description != new.description
        || old.password_changes != new.password_changes;
    let named = old.description != new.description || old.email != new.email;
    let webmin = if named { "Updating Webmin user's real name" } else { "Updating Webmin user" };
    steps.nest(true);
    for (applies, step) in [
        (new.has("unix") && (quota || login), "Modifying administration user"),
        (quota, "Changing disk quota"),
        (new.has("mail") && old.email != new.email, "Updating aliases for contact address"),
        (new.has("webmin"), webmin),
        (true, "Saving server details"),
    ] {
        if applies {
            steps.done(step);
        }
    }
    steps.nest(false);
    steps.line(".. done");
    steps.blank();
    for child in children {
        steps.line(&format!("Updating virtual server {} ..", child.domain));
        steps.blank();
        steps.nest(true);
        steps.done("Saving server details");
        steps.nest(false);
        steps.line(".. done");
        steps.blank();
    }
    if new.has("webmin") {
        steps.done(webmin);
        steps.done("Re-loading Webmin");
    }
    steps.line("All done");
    steps.text()
}
