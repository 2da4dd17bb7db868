//! `validate-domains`: compares virtual servers with their machine (recordings 219 to 221 and 346; the rest as
//! `validate-domains.pl` of 8.1.0). What is wrong with a virtual server here is that its creation failed half way, or that
//! the web server's configuration is broken.

use super::checks::{require, server};
use super::machine;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::virtual_server::VirtualServer;
use crate::virtualmin::web_server::WebServer;
use crate::virtualmin::world::{Origin, World};

/// Runs the program. It fails if anything is wrong, after it has printed all.
pub(super) fn run(
    world: &mut World,
    _: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut servers, mut features, mut all, mut problems) = (Vec::new(), Vec::new(), false, false);
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => servers.push(server(&world.state, &arguments.value())?),
            "--all-domains" => servers = world.state.servers.values().cloned().collect(),
            "--feature" => {
                let name = arguments.value();
                let known = machine::features(&world.machine).iter().any(|it| it.code == name);
                let unknown = format!("{name} is not a valid feature or supported plugin");
                require(known, &unknown)?;
                features.push(name);
            }
            "--all-features" => all = true,
            "--problems" => problems = true,
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    require(!servers.is_empty(), "No virtual servers to validate specified")?;
    require(all || !features.is_empty(), "No features to validate specified")?;
    let (mut text, mut is_good) = (String::new(), true);
    for server in servers {
        let chosen = |code: &str| server.has(code) && (all || features.iter().any(|it| it == code));
        let wrong: Vec<_> =
            faults(world, &server).into_iter().filter(|(code, _)| chosen(code)).collect();
        is_good &= wrong.is_empty();
        let checked = server.features.iter().any(|code| chosen(code));
        if !checked || (problems && wrong.is_empty()) {
            continue;
        }
        text.push_str(&format!("{}\n", server.domain));
        for (_, fault) in &wrong {
            text.push_str(&format!("    {fault}\n"));
        }
        if wrong.is_empty() {
            text.push_str("    All features are good\n");
        }
    }
    if is_good { Ok(text) } else { Err(Failure::Halted(text)) }
}

/// What is wrong with each feature, in the words of `lang/en` of 8.1.0.
fn faults(world: &World, server: &VirtualServer) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    if server.half_made {
        let user = &server.username;
        let fault = format!("Administration user : Administration user {user} does not exist");
        faults.push(("unix", fault));
    }
    if world.machine.web_server == WebServer::BrokenConfiguration {
        let fault = format!("Apache website : No Apache virtual host for {} found", server.domain);
        faults.push(("web", fault));
    }
    faults
}
