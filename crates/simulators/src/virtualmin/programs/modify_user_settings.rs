//! The command line of `modify-user`.

use super::checks::{require, whole};
use super::mailbox_rules::{FTP, NO_LOGIN, full_address};
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;

/// A change of a list: the value, and whether to add it.
pub(super) type ListChange = (String, bool);

/// The settings to change; `None` leaves a setting as it is.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) domain: String,
    pub(super) name: String,
    pub(super) password: Option<String>,
    pub(super) real_name: Option<String>,
    pub(super) quota: Option<u64>,
    pub(super) databases: Vec<ListChange>,
    pub(super) email: Option<bool>,
    pub(super) addresses: Vec<ListChange>,
    pub(super) new_name: Option<String>,
    pub(super) shell: Option<String>,
    pub(super) enabled: Vec<bool>,
    pub(super) forwards: Vec<ListChange>,
    pub(super) forwards_only: Option<bool>,
    pub(super) autoreply: Option<Option<String>>,
    pub(super) recovery: Option<Option<String>>,
}

impl Settings {
    /// Reads the command line from left to right, up to the first error.
    pub(super) fn read(mut arguments: Arguments) -> Result<Self, Failure> {
        let mut settings = Self::default();
        while let Some(flag) = arguments.next() {
            settings.take(&flag, &mut arguments)?;
        }
        let named = !settings.domain.is_empty() && !settings.name.is_empty();
        require(named, "No domain name or username specified")?;
        Ok(settings)
    }

    fn take(&mut self, flag: &str, arguments: &mut Arguments) -> Result<(), Failure> {
        match flag {
            "--domain" => self.domain = arguments.value(),
            "--user" => self.name = arguments.value(),
            "--pass" | "--passfile" => self.password = Some(arguments.value()),
            "--real" => self.real_name = Some(arguments.value()),
            "--quota" => self.quota = Some(quota(arguments)?),
            "--add-mysql" => self.databases.push((arguments.value(), true)),
            "--remove-mysql" => self.databases.push((arguments.value(), false)),
            "--enable-email" => self.email = Some(true),
            "--disable-email" => self.email = Some(false),
            "--add-email" => self.addresses.push((arguments.value(), true)),
            "--remove-email" => self.addresses.push((arguments.value(), false)),
            "--newuser" | "--new-user" => {
                let name = arguments.lower();
                let valid = !name.is_empty() && !name.contains([' ', '\t', ':']);
                require(valid, "Invalid new username")?;
                self.new_name = Some(name);
            }
            "--enable-ftp" => self.shell = Some(FTP.to_owned()),
            "--disable-ftp" => self.shell = Some(NO_LOGIN.to_owned()),
            "--shell" => self.shell = Some(arguments.value()),
            "--enable" => self.enabled.push(true),
            "--disable" => self.enabled.push(false),
            other => return self.take_delivery(other, arguments),
        }
        Ok(())
    }

    /// Takes what is about the delivery of mail.
    fn take_delivery(&mut self, flag: &str, arguments: &mut Arguments) -> Result<(), Failure> {
        match flag {
            "--add-forward" => self.forwards.push((arguments.value(), true)),
            "--del-forward" => self.forwards.push((arguments.value(), false)),
            "--local" => self.forwards_only = Some(false),
            "--no-local" => self.forwards_only = Some(true),
            "--autoreply" => {
                let text = arguments.value();
                require(!text.is_empty(), "Missing parameter for --autoreply")?;
                self.autoreply = Some(Some(text));
            }
            "--no-autoreply" => self.autoreply = Some(None),
            "--recovery" => {
                let address = arguments.value();
                let valid = full_address(&address, "").is_some();
                require(valid, "--recovery must be followed by an email address")?;
                self.recovery = Some(Some(address));
            }
            "--no-recovery" => self.recovery = Some(None),
            "--mail-quota" => drop(arguments.value()),
            "--no-check-spam"
            | "--check-spam"
            | "--update-email"
            | "--send-update-email"
            | "--multiline" => {}
            other => return Arguments::refuse(other),
        }
        Ok(())
    }

    /// What the administration user is refused with.
    pub(super) fn refusal_of_owner(&self) -> &'static str {
        let refusals = [
            (
                self.real_name.is_some(),
                "The --real flag cannot be used when editing a domain owner",
            ),
            (
                self.password.is_some(),
                "The --pass and --passfile flags cannot be used when editing a domain owner",
            ),
            (self.quota.is_some(), "Quotas cannot be changed when editing a domain owner"),
            (!self.databases.is_empty(), "Databases cannot be changed when editing a domain owner"),
            (self.new_name.is_some(), "The username cannot be changed when editing a domain owner"),
            (self.shell.is_some(), "The shell cannot be changed when editing a domain owner"),
        ];
        let refusal = refusals.iter().find(|(given, _)| *given);
        refusal.map_or("The simulator does not change a domain owner", |(_, words)| words)
    }
}

fn quota(arguments: &mut Arguments) -> Result<u64, Failure> {
    match arguments.value().as_str() {
        "UNLIMITED" => Ok(0),
        blocks => whole(blocks, "Home directory quota must be a number of blocks, or UNLIMITED"),
    }
}
