//! `create-login-link`: prints an address that logs the owner of a virtual server in (recording 240; the rest as
//! `create-login-link.pl` of 8.1.0).

use super::checks::require;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::world::{Origin, World};

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut domain, mut user) = (String::new(), String::new());
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = arguments.value(),
            "--user" => user = arguments.value(),
            "--lifetime" => {
                let lifetime = arguments.value();
                let is_number =
                    !lifetime.is_empty() && lifetime.chars().all(|c| c.is_ascii_digit());
                require(is_number, "--lifetime must be followed by a number of seconds")?;
            }
            other => return Arguments::refuse(other),
        }
    }
    require(!domain.is_empty() || !user.is_empty(), "One of --domain or --user must be provided")?;
    let mut servers = world.state.servers.values();
    let (server, missing) = match domain.as_str() {
        "" => (
            servers.find(|it| it.parent().is_none() && it.username == user),
            format!("No virtual server owned by {user} found"),
        ),
        name => (world.state.servers.get(name), format!("No virtual server named {name} found")),
    };
    let server = server.ok_or(Failure::Usage(missing))?;
    let domain = server.domain.clone();
    let without = format!("Virtual server {domain} has no Webmin login");
    require(server.has("webmin"), &without)?;
    let session = uuid::Uuid::new_v4().simple().to_string();
    world.effect(origin, EffectKind::Modified, &domain);
    world.sessions.push(session.clone());
    Ok(format!("https://{domain}:10000/session_login.cgi?session={session}\n"))
}
