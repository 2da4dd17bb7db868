//! `modify-web`, as this program of 8.1.0; there is no recording of it. Only the settings of PHP are simulated.

use super::checks::require;
use super::machine::PHP_VERSION;
use super::steps::Steps;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::contents::Php;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::virtual_server::VirtualServer;
use crate::virtualmin::world::{Origin, World};

/// The modes of the recorded machine.
const MODES: [&str; 4] = ["none", "fpm", "fcgid", "cgi"];

/// The directory of a website's pages.
pub(super) fn root(server: &VirtualServer) -> String {
    format!("{}/public_html", server.home)
}

impl Php {
    /// Changes the mode. A version comes with it, and goes with the last one.
    fn set_mode(&mut self, mode: &str, root: String) {
        mode.clone_into(&mut self.mode);
        match mode {
            "none" => self.directories.clear(),
            _ => drop(self.directories.entry(root).or_insert_with(|| PHP_VERSION.to_owned())),
        }
    }
}

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut domains, mut mode, mut version, mut timeout) = (Vec::new(), None, None, None);
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domains.push(arguments.value()),
            "--mode" => mode = Some(arguments.value()),
            "--php-version" => version = Some(arguments.value()),
            "--php-timeout" => {
                let seconds = arguments.value().parse().ok().filter(|it| (1..=86_400).contains(it));
                let wrong = || Failure::Usage("Invalid PHP script timeout in seconds".into());
                timeout = Some(seconds.ok_or_else(wrong)?);
            }
            "--no-php-timeout" => timeout = Some(0),
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    require(!domains.is_empty(), "No domains to modify specified")?;
    let any = mode.is_some() || version.is_some() || timeout.is_some();
    require(any, "Nothing to do")?;
    let mut servers = Vec::new();
    for domain in &domains {
        let missing = || Failure::Usage(format!("Domain {domain} does not exist"));
        let server = world.state.servers.get(domain).cloned().ok_or_else(missing)?;
        let without = format!("Virtual server {domain} does not have a web site enabled");
        require(server.has("web"), &without)?;
        let odd = format!("The selected PHP execution mode cannot be used with {domain}");
        require(mode.as_ref().is_none_or(|it: &String| MODES.contains(&&**it)), &odd)?;
        let only =
            format!("Only the following PHP version are available for {domain} : {PHP_VERSION}");
        require(version.as_ref().is_none_or(|it| it == PHP_VERSION), &only)?;
        servers.push(server);
    }
    let mut steps = Steps::default();
    for mut server in servers {
        steps.line(&format!("Updating server {} ..", server.domain));
        steps.nest(true);
        let root = root(&server);
        let php = &mut server.contents.php;
        if let Some(mode) = &mode {
            steps.done(&format!("Changing PHP execution mode to {mode}"));
            php.set_mode(mode, root.clone());
        }
        if let Some(seconds) = timeout.filter(|it| *it != php.max_execution_seconds) {
            steps.done("Updating PHP maximum run-time");
            php.max_execution_seconds = seconds;
        }
        if let Some(version) = &version {
            steps.done(&format!("Changing PHP version to {version}"));
            if php.mode != "none" {
                php.directories.insert(root, version.clone());
            }
        }
        if mode.is_some() || version.is_some() {
            steps.done("Saving server details");
        }
        steps.nest(false);
        steps.line(".. done");
        steps.blank();
        world.effect(origin, EffectKind::Modified, &server.domain);
        world.put(server);
    }
    steps.done("Applying webserver configuration");
    Ok(steps.text())
}
