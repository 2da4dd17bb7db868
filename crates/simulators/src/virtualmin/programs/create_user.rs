//! `create-user`: adds a mailbox user to a virtual server (recordings 138, 140 to 142 and 144; the rest as
//! `create-user.pl` of 8.1.0). The users of databases or of the web server alone are not simulated.

use super::checks::{require, server, whole};
use super::mailbox_rules::{
    FTP, NO_LOGIN, check_clash, check_name, full_address, is_address, short, unix_name,
};
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::contents::Mailbox;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::virtual_server::VirtualServer;
use crate::virtualmin::world::{Origin, Passwords, World};

#[derive(Default)]
struct Options {
    domain: String,
    name: String,
    password: String,
    quota: Option<String>,
    no_email: bool,
    no_append: bool,
    home: Option<String>,
    mailbox: Mailbox,
}

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    arguments: Arguments,
) -> Result<String, Failure> {
    let options = Options::read(arguments)?;
    let mut server = server(&world.state, &options.domain)?;
    let mailbox = options.checked(world, &server)?;
    let text = format!("User {} created successfully\n", mailbox.unix_name);
    let key = Passwords::mailbox(&server.domain, &mailbox.name);
    world.passwords.remove(&key);
    if !options.password.is_empty() {
        world.passwords.set(&key, options.password);
    }
    server.contents.mailboxes.push(mailbox);
    world.put(server);
    world.effect(origin, EffectKind::Created, &options.domain);
    Ok(text)
}

impl Options {
    fn read(mut arguments: Arguments) -> Result<Self, Failure> {
        let mut options = Self::default();
        options.mailbox.shell = NO_LOGIN.to_owned();
        while let Some(flag) = arguments.next() {
            options.take(&flag, &mut arguments)?;
        }
        require(!options.domain.is_empty(), "No domain specified")?;
        require(!options.name.is_empty(), "No username specified")?;
        let secret = !options.password.is_empty() || options.mailbox.given_hash.is_some();
        require(secret, "No password specified")?;
        Ok(options)
    }

    fn take(&mut self, flag: &str, arguments: &mut Arguments) -> Result<(), Failure> {
        match flag {
            "--domain" => self.domain = arguments.value(),
            "--user" => self.name = arguments.lower(),
            "--pass" | "--passfile" => self.password = arguments.value(),
            // It is never told; only a listing with passwords shows it.
            "--random-pass" => self.password = "made-at-random".into(),
            "--encpass" => self.mailbox.given_hash = Some(arguments.value()),
            "--real" | "--desc" => self.mailbox.real_name = arguments.value(),
            "--ftp" => FTP.clone_into(&mut self.mailbox.shell),
            "--shell" => self.mailbox.shell = arguments.value(),
            "--noemail" => self.no_email = true,
            "--extra" => self.mailbox.extra_addresses.push(arguments.value()),
            "--quota" => self.quota = Some(arguments.value()),
            "--mysql" => self.mailbox.databases.push(arguments.value()),
            "--disable" => self.mailbox.disabled = true,
            "--home" => self.home = Some(arguments.value()),
            "--recovery" => {
                let address = arguments.value();
                let valid = full_address(&address, "").is_some();
                require(valid, "--recovery must be followed by an email address")?;
                self.mailbox.recovery = Some(address);
            }
            "--noappend" => self.no_append = true,
            // The recorded machine has one quota for homes and mail, and no spam filter.
            "--mail-quota" => drop(arguments.value()),
            "--no-check-spam" | "--no-creation-mail" | "--multiline" => {}
            other => return Arguments::refuse(other),
        }
        Ok(())
    }

    /// Makes the checks of the real program, in its order.
    fn checked(&self, world: &World, server: &VirtualServer) -> Result<Mailbox, Failure> {
        let name = short(&self.name, server);
        let quota_blocks = match self.quota.as_deref() {
            None | Some("UNLIMITED") => 0,
            Some(digits) => whole(digits, "Quota must be a number")?,
        };
        check_name(name)?;
        require(!self.mailbox.real_name.contains(':'), "Invalid real name")?;
        let extra_addresses = self.extra_addresses(world, server)?;
        for database in &self.mailbox.databases {
            let missing = format!("Database {database} does not exist in domain");
            require(server.contents.databases.contains(database), &missing)?;
        }
        let limit = quota_limit(world, server);
        let too_high = format!("User's quota cannot be higher than domain's quota of {limit}");
        require(quota_blocks == 0 || limit == 0 || quota_blocks <= limit, &too_high)?;
        let unix_name = if self.no_append { name.to_owned() } else { unix_name(name, server) };
        check_clash(world, &format!("{name}@{}", server.domain), &unix_name)?;
        for address in &extra_addresses {
            let taken = format!(
                "A user or mail alias that clashes with the additional address '{address}' already exists"
            );
            require(!is_address(world, address), &taken)?;
        }
        let home = match &self.home {
            None => format!("{}/homes/{name}", server.home),
            Some(home) if home.starts_with('/') => home.clone(),
            Some(home) => format!("{}/{home}", server.home),
        };
        let outside = format!("Home directory is not under {}", server.home);
        require(home.starts_with(&format!("{}/", server.home)), &outside)?;
        Ok(Mailbox {
            name: name.to_owned(),
            unix_name,
            home,
            quota_blocks,
            has_email: !self.no_email,
            extra_addresses,
            ..self.mailbox.clone()
        })
    }

    fn extra_addresses(
        &self,
        world: &World,
        server: &VirtualServer,
    ) -> Result<Vec<String>, Failure> {
        let full = |given: &String| {
            let wrong =
                || Failure::Usage(format!("'{given}' is not a valid additional email address"));
            let address = full_address(given, &server.domain).ok_or_else(wrong)?;
            let (_, host) = address.rsplit_once('@').ok_or_else(wrong)?;
            let has_mail = world.state.servers.get(host).is_some_and(|it| it.has("mail"));
            let foreign =
                format!("The additional email domain '{host}' is not managed by Virtualmin");
            require(has_mail, &foreign)?;
            Ok(address)
        };
        self.mailbox.extra_addresses.iter().map(full).collect()
    }
}

/// The quota of the top-level server, which no mailbox may exceed.
pub(super) fn quota_limit(world: &World, server: &VirtualServer) -> u64 {
    let owner = server.parent().and_then(|parent| world.state.servers.get(parent));
    owner.unwrap_or(server).limits.quota_blocks
}
