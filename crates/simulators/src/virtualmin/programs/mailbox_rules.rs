//! The names of mailbox users, and what a program finds by them.

use super::checks::require;
use crate::virtualmin::contents::Mailbox;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::virtual_server::VirtualServer;
use crate::virtualmin::world::World;

/// The shell of a mailbox user who may not log in (`config` of 8.1.0, `shell`).
pub(super) const NO_LOGIN: &str = "/dev/null";

/// The shell of a mailbox user who may use FTP (`config` of 8.1.0, `ftp_shell`).
pub(super) const FTP: &str = "/bin/false";

/// The name without the prefix or the domain of its virtual server (`remove_userdom` of 8.1.0).
pub(super) fn short<'a>(name: &'a str, server: &VirtualServer) -> &'a str {
    let separators = ['.', '-', '_', '%'];
    if name == server.username {
        return name;
    }
    if let Some(rest) = name.strip_suffix(&server.domain).and_then(|it| it.strip_suffix('@')) {
        return rest;
    }
    let cut = |rest: Option<&'a str>| rest.and_then(|it| it.strip_suffix(separators));
    let lead = |rest: Option<&'a str>| rest.and_then(|it| it.strip_prefix(separators));
    cut(name.strip_suffix(&server.prefix))
        .or_else(|| lead(name.strip_prefix(&server.prefix)))
        .unwrap_or(name)
}

/// The Unix user of a mailbox: the name, a dot and the prefix, as on the recorded machine.
pub(super) fn unix_name(name: &str, server: &VirtualServer) -> String {
    format!("{name}.{}", server.prefix)
}

/// Refuses a name with characters that aliases cannot have (`valid_alias_name` of 8.1.0).
pub(super) fn check_characters(name: &str) -> Result<(), Failure> {
    let forbidden = |c: char| " \t:&()|;<>*?!/\\".contains(c);
    require(!name.is_empty() && !name.contains(forbidden), "Missing or invalid username")
}

/// Refuses a name that no mailbox can have (`valid_mailbox_name` of 8.1.0).
pub(super) fn check_name(name: &str) -> Result<(), Failure> {
    check_characters(name)?;
    let reserved = format!("The username {name} is reserved for use by Virtualmin");
    require(name != "domains", &reserved)?;
    let digit = name.starts_with(|c: char| c.is_ascii_digit());
    require(!digit, "Usernames cannot begin with a number")
}

/// Refuses an address that a mailbox or a mail alias has, and a Unix user that exists.
pub(super) fn check_clash(world: &World, address: &str, unix_name: &str) -> Result<(), Failure> {
    let taken = world.has_user(unix_name) || is_address(world, address);
    require(!taken, "A user or mail alias with the same name and domain already exists")
}

/// Whether a mailbox or a mail alias has the address.
pub(super) fn is_address(world: &World, address: &str) -> bool {
    world.state.servers.values().any(|server| {
        let own = |name: &String| format!("{name}@{}", server.domain) == address;
        let contents = &server.contents;
        contents.aliases.iter().any(|alias| own(&alias.from))
            || contents.mailboxes.iter().any(|mailbox| {
                (mailbox.has_email && own(&mailbox.name))
                    || mailbox.extra_addresses.iter().any(|extra| extra == address)
            })
    })
}

/// An additional address in full: lower-case, and with the domain if there is none. Nothing if it is no address.
pub(super) fn full_address(address: &str, domain: &str) -> Option<String> {
    let address = address.to_lowercase();
    let full = if address.contains('@') { address } else { format!("{address}@{domain}") };
    let (local, host) = full.rsplit_once('@')?;
    let valid = !local.is_empty() && !host.is_empty() && !full.contains(char::is_whitespace);
    valid.then_some(full)
}

/// The place of the mailbox with this name or Unix name. The administration user has none, and is refused with
/// `of_owner`; any other name as the recorded server did.
pub(super) fn position(
    server: &VirtualServer,
    name: &str,
    of_owner: &str,
) -> Result<usize, Failure> {
    let is = |mailbox: &Mailbox| mailbox.unix_name == name || mailbox.name == name;
    if let Some(position) = server.contents.mailboxes.iter().position(is) {
        return Ok(position);
    }
    require(server.parent().is_some() || server.username != name, of_owner)?;
    let missing = format!("No user named {name} was found in the server {}", server.domain);
    Err(Failure::Usage(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_loses_the_prefix_or_the_domain_of_its_server() {
        let server = VirtualServer {
            domain: "beta.test".into(),
            username: "beta".into(),
            prefix: "beta".into(),
            ..VirtualServer::default()
        };
        for name in ["bob", "bob.beta", "bob@beta.test", "bob-beta", "beta_bob"] {
            assert_eq!(short(name, &server), "bob", "{name}");
        }
        assert_eq!(short("beta", &server), "beta");
        assert_eq!(short("bob@other.test", &server), "bob@other.test");
    }

    #[test]
    fn an_additional_address_gets_the_domain_if_it_has_none() {
        assert_eq!(full_address("Info", "beta.test").as_deref(), Some("info@beta.test"));
        assert_eq!(full_address("a@b.test", "beta.test").as_deref(), Some("a@b.test"));
        assert_eq!(full_address("a b", "beta.test"), None);
    }
}
