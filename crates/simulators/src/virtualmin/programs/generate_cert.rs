//! `generate-cert`: a certificate that the panel signs itself (as `generate-cert.pl` of 8.1.0). The simulator makes no
//! requests for signing.

use super::certificates;
use super::checks::{require, whole};
use super::steps::Steps;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::world::{Origin, World};

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut domain, mut alternatives, mut own) = (String::new(), Vec::new(), false);
    let (mut common_name, mut days) = (None, certificates::OWN_DAYS);
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = arguments.value(),
            "--self" => own = true,
            "--cn" => common_name = Some(arguments.value()),
            "--alt" => alternatives.push(arguments.value()),
            "--days" => {
                let given = whole(&arguments.value(), "The simulator needs a number of days")?;
                days = u32::try_from(given).unwrap_or(certificates::OWN_DAYS);
            }
            "--size" | "--email" => drop(arguments.value()),
            "--sha2" | "--ec" | "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    require(!domain.is_empty(), "Missing --domain parameter")?;
    require(own, "One of the --self or --csr parameters must be given")?;
    let server = certificates::server(world, &domain)?;
    let mut names = vec![common_name.unwrap_or_else(|| format!("*.{domain}"))];
    names.extend(alternatives);
    let made = certificates::make(&names, days, None, origin)?;
    let mut steps = Steps::default();
    steps.done("Generating new self-signed certificate");
    steps.done("Configuring server to use it");
    Ok(certificates::install(world, origin, server, made, steps))
}
