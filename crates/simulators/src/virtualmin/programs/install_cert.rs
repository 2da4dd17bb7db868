//! `install-cert`: a certificate from elsewhere (as `install-cert.pl` of 8.1.0).

use super::certificates;
use super::checks::require;
use super::steps::Steps;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::site_certificate::{self, Made};
use crate::virtualmin::world::{Origin, Passwords, World};

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let mut domain = String::new();
    let (mut certificate, mut key, mut chain) = (None, None, None);
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = arguments.value(),
            "--cert" => certificate = Some(data(&mut arguments)?),
            "--key" => key = Some(data(&mut arguments)?),
            "--ca" => chain = Some(data(&mut arguments)?),
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    let server = certificates::server(world, &domain)?;
    let any = certificate.is_some() || key.is_some() || chain.is_some();
    require(any, "No new certificates or keys given")?;
    for (what, given, header) in [
        ("cert", &certificate, "-----BEGIN CERTIFICATE-----"),
        ("key", &key, "PRIVATE KEY-----"),
        ("ca", &chain, "-----BEGIN CERTIFICATE-----"),
    ] {
        let Some(text) = given else { continue };
        let first = text.lines().next().unwrap_or_default();
        let wrong = format!("Invalid data for {what} : Data starts with {first}");
        require(first.ends_with(header), &wrong)?;
    }
    let old_key = world.passwords.get(&Passwords::certificate(&domain)).map(str::to_owned);
    let certificate = certificate.or(server.contents.certificate.clone());
    let (Some(certificate), Some(key)) = (certificate, key.or(old_key)) else {
        let wrong =
            "Both a cert and key must either already exist, or be supplied on the command line";
        return Err(Failure::Usage(wrong.to_owned()));
    };
    let facts = site_certificate::read(&certificate)
        .map_err(|error| Failure::Usage(format!("Certificate problems found : {error:#}")))?;
    let mismatch = "Certificate problems found : Certificate and private key do not match";
    require(site_certificate::belongs(&key, &facts), mismatch)?;
    let mut steps = Steps::default();
    steps.done("Installing new SSL files");
    Ok(certificates::install(world, origin, server, Made { certificate, key }, steps))
}

/// The value of a flag with its lines, for which it has tabs. A file is of the machine, which has none here.
fn data(arguments: &mut Arguments) -> Result<String, Failure> {
    let value = arguments.value();
    require(!value.starts_with('/'), &format!("File {value} does not exist"))?;
    let lines = value.split('\t').filter(|line| !line.is_empty());
    Ok(lines.collect::<Vec<_>>().join("\n") + "\n")
}
