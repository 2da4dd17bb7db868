//! The command line of `modify-domain`.

use super::checks::whole;
use super::create_options::{description, email};
use super::machine;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::state::State;
use crate::virtualmin::world::World;

/// The settings to change; `None` leaves a setting as it is.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) domain: String,
    pub(super) description: Option<String>,
    pub(super) email: Option<String>,
    pub(super) password: Option<String>,
    pub(super) user: Option<String>,
    pub(super) home: Option<String>,
    pub(super) quota: Option<u64>,
    pub(super) user_quota: Option<u64>,
    pub(super) bandwidth: Option<u64>,
    pub(super) new_domain: Option<String>,
    pub(super) plan: Option<String>,
    pub(super) apply_plan: bool,
    pub(super) template: Option<String>,
    pub(super) protected: Option<bool>,
}

impl Settings {
    /// Reads the command line from left to right, up to the first error.
    pub(super) fn read(world: &World, mut arguments: Arguments) -> Result<Self, Failure> {
        let mut settings = Self::default();
        while let Some(flag) = arguments.next() {
            settings.take(world, &flag, &mut arguments)?;
        }
        Ok(settings)
    }

    fn take(
        &mut self,
        world: &World,
        flag: &str,
        arguments: &mut Arguments,
    ) -> Result<(), Failure> {
        match flag {
            "--domain" => self.domain = arguments.lower(),
            "--desc" => self.description = Some(description(arguments)?),
            "--email" => self.email = Some(email(arguments)?),
            "--pass" | "--passfile" => {
                self.password = Some(arguments.value()).filter(|it| !it.is_empty());
            }
            "--user" => self.user = Some(self.free_user(world, arguments)?),
            "--home" => self.home = Some(arguments.value()),
            "--quota" => self.quota = Some(quota(arguments)?),
            "--uquota" => self.user_quota = Some(quota(arguments)?),
            "--bw" => self.bandwidth = Some(bandwidth(arguments)?),
            "--newdomain" => self.new_domain = Some(free_domain(&world.state, arguments)?),
            "--plan" | "--apply-plan" => {
                // An unknown plan is ignored silently.
                self.plan = world.state.plan(&arguments.value()).map(|plan| plan.id.clone());
                self.apply_plan = flag == "--apply-plan";
            }
            "--template" => {
                self.template = Some(machine::template(&world.state, &arguments.value())?)
            }
            "--protected" => self.protected = Some(true),
            "--unprotected" => self.protected = Some(false),
            "--ip" | "--shared-ip" | "--mysql-server" | "--pre-command" | "--post-command" => {
                drop(arguments.value());
            }
            "--skip-warnings" | "--multiline" => {}
            other => return Arguments::refuse(other),
        }
        Ok(())
    }

    fn free_user(&self, world: &World, arguments: &mut Arguments) -> Result<String, Failure> {
        let user = arguments.lower();
        let own =
            world.state.servers.get(&self.domain).is_some_and(|server| server.username == user);
        if world.has_user(&user) && !own {
            return Err(Failure::Usage(format!("A user named {user} already exists")));
        }
        Ok(user)
    }
}

/// A number of 1 KiB blocks; 0 for `UNLIMITED`.
fn quota(arguments: &mut Arguments) -> Result<u64, Failure> {
    match arguments.value().as_str() {
        "UNLIMITED" => Ok(0),
        blocks => whole(blocks, "Quota must be a number of blocks"),
    }
}

fn bandwidth(arguments: &mut Arguments) -> Result<u64, Failure> {
    match arguments.value().as_str() {
        "NONE" => Ok(0),
        bytes => whole(bytes, "Bandwidth limit must be a number of bytes, or NONE"),
    }
}

fn free_domain(state: &State, arguments: &mut Arguments) -> Result<String, Failure> {
    let domain = arguments.lower();
    if state.servers.contains_key(&domain) {
        return Err(Failure::Usage(format!("A domain called {domain} already exists")));
    }
    Ok(domain)
}
