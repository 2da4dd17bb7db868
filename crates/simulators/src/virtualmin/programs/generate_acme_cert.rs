//! `generate-acme-cert`, which older releases call `generate-letsencrypt-cert` (recordings 222, 225 and 226; the rest as
//! `generate-acme-cert.pl` of 8.1.0).

use super::certificates;
use super::steps::Steps;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::world::{Origin, World};

/// The days of a certificate of an authority, as Let's Encrypt has it.
const DAYS: u32 = 90;

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut domain, mut hosts) = (String::new(), Vec::new());
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = arguments.value(),
            "--host" => hosts.push(arguments.lower()),
            "--renew" => drop(arguments.value_unless_flag()),
            "--default-hosts" | "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    let server = certificates::server(world, &domain)?;
    if hosts.is_empty() {
        hosts = vec![domain.clone(), format!("www.{domain}")];
    }
    let Some(authority) = world.machine.authority.clone() else {
        let text = "Checking hostnames for resolvability ..\n.. none of the hostnames could be resolved!\n\n";
        return Err(Failure::Halted(text.to_owned()));
    };
    let made = certificates::make(&hosts, DAYS, Some(&authority), origin)?;
    let mut steps = Steps::default();
    steps.line("Checking hostnames for resolvability ..");
    steps.line(".. all hostnames can be resolved");
    steps.blank();
    steps.line(&format!("Requesting SSL certificate for {} ..", hosts.join(" ")));
    steps.line(".. done for all hostnames");
    steps.blank();
    steps.done("Copying to server configuration");
    Ok(certificates::install(world, origin, server, made, steps))
}
