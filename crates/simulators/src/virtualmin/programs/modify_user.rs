//! `modify-user`: changes a mailbox user (recordings 153, 154, 156 and 157; the rest as `modify-user.pl` of 8.1.0).

use super::checks::{require, server};
use super::create_user::quota_limit;
use super::mailbox_rules::{check_clash, full_address, position, unix_name};
use super::modify_user_settings::Settings;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::contents::Mailbox;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::virtual_server::VirtualServer;
use crate::virtualmin::world::{Origin, Passwords, World};

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    arguments: Arguments,
) -> Result<String, Failure> {
    let settings = Settings::read(arguments)?;
    let domain = &settings.domain;
    let mut server = server(&world.state, domain)?;
    let position = position(&server, &settings.name, settings.refusal_of_owner())?;
    let mut mailbox = server.contents.mailboxes[position].clone();
    let old_key = Passwords::mailbox(domain, &mailbox.name);
    settings.change(world, &server, &mut mailbox)?;
    let key = Passwords::mailbox(domain, &mailbox.name);
    world.passwords.rename(&old_key, &key);
    if let Some(password) = &settings.password {
        world.passwords.set(&key, password.clone());
    }
    let text = format!("User {} updated successfully\n", mailbox.unix_name);
    server.contents.mailboxes[position] = mailbox;
    world.put(server);
    world.effect(origin, EffectKind::Modified, domain);
    Ok(text)
}

impl Settings {
    fn change(
        &self,
        world: &World,
        server: &VirtualServer,
        mailbox: &mut Mailbox,
    ) -> Result<(), Failure> {
        let one = !(self.enabled.contains(&true) && self.enabled.contains(&false));
        require(one, "Only one of the --disable and --enable options can be used")?;
        if self.password.is_some() {
            mailbox.password_changes += 1;
            mailbox.given_hash = None;
            // The new hash has no mark in front of it, which locks a password.
            mailbox.disabled = false;
        }
        if let Some(enabled) = self.enabled.last() {
            mailbox.disabled = !enabled;
        }
        if let Some(name) = &self.real_name {
            require(!name.contains(':'), "Invalid real name")?;
            mailbox.real_name.clone_from(name);
        }
        if let Some(blocks) = self.quota {
            let limit = quota_limit(world, server);
            let too_high = format!("User's quota cannot be higher than domain's quota of {limit}");
            require(blocks == 0 || limit == 0 || blocks <= limit, &too_high)?;
            mailbox.quota_blocks = blocks;
        }
        self.change_databases(server, mailbox)?;
        self.change_addresses(server, mailbox)?;
        if let Some(recovery) = &self.recovery {
            mailbox.recovery.clone_from(recovery);
        }
        if let Some(name) = &self.new_name {
            rename(world, server, mailbox, name)?;
        }
        if let Some(shell) = &self.shell {
            mailbox.shell.clone_from(shell);
        }
        for (address, adds) in &self.forwards {
            mailbox.forwards.retain(|own| own != address);
            if *adds {
                mailbox.forwards.push(address.clone());
            }
        }
        mailbox.forwards_only = self.forwards_only.unwrap_or(mailbox.forwards_only);
        if let Some(text) = &self.autoreply {
            mailbox.autoreply.clone_from(text);
        }
        Ok(())
    }

    fn change_databases(
        &self,
        server: &VirtualServer,
        mailbox: &mut Mailbox,
    ) -> Result<(), Failure> {
        for (name, adds) in &self.databases {
            let own = mailbox.databases.contains(name);
            if *adds {
                let missing = format!("The database {name} does not exist in this virtual server");
                require(server.contents.databases.contains(name), &missing)?;
                let has = format!("The user already has access to the database {name}");
                require(!own, &has)?;
                mailbox.databases.push(name.clone());
            } else {
                let has_not = format!("The user does not have access to the database {name}");
                require(own, &has_not)?;
                mailbox.databases.retain(|other| other != name);
            }
        }
        Ok(())
    }

    fn change_addresses(
        &self,
        server: &VirtualServer,
        mailbox: &mut Mailbox,
    ) -> Result<(), Failure> {
        match self.email {
            Some(true) => require(!mailbox.has_email, "The user already has email enabled")?,
            Some(false) => require(mailbox.has_email, "The user does not have email enabled")?,
            None => {}
        }
        mailbox.has_email = self.email.unwrap_or(mailbox.has_email);
        for (given, adds) in &self.addresses {
            let wrong = || Failure::Usage(format!("Email address {given} is not valid"));
            if *adds {
                let address = full_address(given, &server.domain).ok_or_else(wrong)?;
                let has = format!("Email address {address} is already associated with this user");
                require(!mailbox.extra_addresses.contains(&address), &has)?;
                let primary =
                    format!("Email address {address} is already the user's primary address");
                let own = format!("{}@{}", mailbox.name, server.domain);
                require(!mailbox.has_email || address != own, &primary)?;
                mailbox.extra_addresses.push(address);
            } else {
                let has_not = format!("Email address {given} does not belong to this user");
                require(mailbox.extra_addresses.contains(given), &has_not)?;
                mailbox.extra_addresses.retain(|own| own != given);
            }
        }
        Ok(())
    }
}

/// A home that was made for the old name follows.
fn rename(
    world: &World,
    server: &VirtualServer,
    mailbox: &mut Mailbox,
    name: &str,
) -> Result<(), Failure> {
    require(name != mailbox.name, "New username is the same as the old")?;
    let taken = format!("A user named {name} already exists in this virtual server");
    let clash = server.contents.mailboxes.iter().any(|other| other.name == name);
    require(!clash, &taken)?;
    let unix_name = unix_name(name, server);
    check_clash(world, &format!("{name}@{}", server.domain), &unix_name)?;
    if mailbox.home == format!("{}/homes/{}", server.home, mailbox.name) {
        mailbox.home = format!("{}/homes/{name}", server.home);
    }
    (mailbox.name, mailbox.unix_name) = (name.to_owned(), unix_name);
    Ok(())
}
