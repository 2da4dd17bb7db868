//! `rename-domain`: changes the domain of a virtual server, and its user and home with it (recording 246; the rest as
//! `rename-domain.pl` and `rename_virtual_server` of 8.1.0).

use super::checks::require;
use super::create_rules::{fault_of_domain, is_prefix, is_username, stem, username};
use super::rename::rename;
use super::steps::Steps;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::virtual_server::VirtualServer;
use crate::virtualmin::world::{Origin, World};

/// A new value, or one that the program chooses.
enum New {
    Given(String),
    Chosen,
}

#[derive(Default)]
struct Options {
    domain: String,
    new_domain: Option<String>,
    user: Option<New>,
    home: Option<New>,
    prefix: Option<New>,
}

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    arguments: Arguments,
) -> Result<String, Failure> {
    let options = Options::read(arguments)?;
    let missing = format!("Virtual server {} does not exist.", options.domain);
    let old = world.state.servers.get(&options.domain).cloned();
    let old = old.ok_or(Failure::Usage(missing))?;
    let new = options.applied(world, old.clone())?;
    let text = text(&old, &new);
    world.effect(origin, EffectKind::Modified, &new.domain);
    rename(world, &old, new);
    Ok(text)
}

impl Options {
    fn read(mut arguments: Arguments) -> Result<Self, Failure> {
        let mut options = Self::default();
        while let Some(flag) = arguments.next() {
            match flag.as_str() {
                "--domain" => options.domain = arguments.lower(),
                "--new-domain" => options.new_domain = Some(arguments.lower()),
                "--new-user" => options.user = Some(New::Given(arguments.lower())),
                "--auto-user" => options.user = Some(New::Chosen),
                "--new-home" => options.home = Some(New::Given(arguments.lower())),
                "--auto-home" => options.home = Some(New::Chosen),
                "--new-prefix" => options.prefix = Some(New::Given(arguments.lower())),
                "--auto-prefix" => options.prefix = Some(New::Chosen),
                other => return Arguments::refuse(other),
            }
        }
        require(!options.domain.is_empty(), "No domain specified")?;
        let any = options.new_domain.is_some()
            || options.user.is_some()
            || options.home.is_some()
            || options.prefix.is_some();
        require(any, "No changes specified")?;
        Ok(options)
    }

    fn applied(&self, world: &World, mut server: VirtualServer) -> Result<VirtualServer, Failure> {
        if let Some(domain) = self.new_domain.as_ref().filter(|it| **it != server.domain) {
            if let Some(fault) = fault_of_domain(domain) {
                return Err(Failure::Usage(fault.into()));
            }
            let clash = "A virtual server with the same domain name already exists";
            require(!world.state.servers.contains_key(domain), clash)?;
            server.domain.clone_from(domain);
        }
        match &self.user {
            // A sub-server has no user of its own.
            _ if server.parent().is_some() => {}
            None => {}
            Some(New::Chosen) => {
                let none = "A free automatically chosen administration username could not be found";
                let chosen = username(world, &server.domain);
                server.username = chosen.ok_or_else(|| Failure::Usage(none.into()))?;
            }
            Some(New::Given(user)) => {
                require(is_username(user), "Missing or invalid administrator username")?;
                let taken = "A user with the same name already exists";
                require(!world.has_user(user), taken)?;
                server.username.clone_from(user);
            }
        }
        match &self.home {
            None => {}
            Some(New::Given(home)) => server.home.clone_from(home),
            Some(New::Chosen) => {
                let owner = server.parent().and_then(|parent| world.state.servers.get(parent));
                server.home = match owner {
                    None => format!("/home/{}", server.username),
                    Some(owner) => format!("{}/domains/{}", owner.home, server.domain),
                };
            }
        }
        match &self.prefix {
            None => {}
            Some(New::Given(prefix)) => {
                require(is_prefix(prefix), "Missing or invalid mail username prefix")?;
                server.prefix.clone_from(prefix);
            }
            Some(New::Chosen) => stem(&server.domain).clone_into(&mut server.prefix),
        }
        Ok(server)
    }
}

fn text(old: &VirtualServer, new: &VirtualServer) -> String {
    let (user, home) = (old.username != new.username, old.home != new.home);
    let renamed = old.domain != new.domain;
    let mut steps = Steps::default();
    for (applies, step) in [
        (renamed, format!("Changing domain name to {}", new.domain)),
        (user, format!("Changing administration user to {}", new.username)),
        (home, format!("Changing home directory to {}", new.home)),
        (new.has("unix") && (user || home), "Modifying administration user".to_owned()),
        (new.has("dir") && home, "Moving home directory".to_owned()),
        (user, "Updating users".to_owned()),
        (true, "Updating aliases for contact address".to_owned()),
        (true, "Updating paths in web app database".to_owned()),
        (true, "Saving server details".to_owned()),
    ] {
        if applies {
            steps.done(&step);
        }
    }
    steps.text()
}
