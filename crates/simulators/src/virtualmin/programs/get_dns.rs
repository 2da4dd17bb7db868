//! `get-dns`: the records of a zone (recordings 180 to 182; the rest as `get-dns.pl` of 8.1.0).

use super::checks::{require, server};
use super::list_flags::ListFlags;
use super::shown_record::Shown;
use super::text;
use super::view::View;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::dns_record::DnsRecord;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::world::{Origin, World};
use crate::virtualmin::zone;

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    _: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let flags = ListFlags::extract(&mut arguments)?;
    let (mut domain, mut name, mut kind) = (String::new(), String::new(), String::new());
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = arguments.value(),
            "--name" => name = arguments.lower(),
            "--type" => kind = arguments.value(),
            other => return Arguments::refuse(other),
        }
    }
    require(!domain.is_empty(), "Missing --domain parameter")?;
    let server = server(&world.state, &domain)?;
    let without = format!("Virtual server {domain} does not have DNS enabled");
    require(server.has("dns"), &without)?;
    let wanted = absolute(&name, &domain);
    let is_wanted = |it: &DnsRecord| {
        (name.is_empty() || it.absolute(&domain).to_lowercase() == wanted)
            && (kind.is_empty() || it.kind.eq_ignore_ascii_case(&kind))
    };
    let zone = zone::of(&world.machine, &server).into_iter().filter(is_wanted);
    let mut view = View::of(world);
    view.records = zone.map(|record| Shown::of(&domain, record)).collect();
    let template = if flags.names {
        include_str!("templates/get-dns.names.txt")
    } else if flags.multiline {
        include_str!("templates/get-dns.multiline.txt")
    } else {
        include_str!("templates/get-dns.table.txt")
    };
    text::render(template, &view)
}

/// A name with a final dot does not end with the domain for the program, which then adds the domain to it.
fn absolute(name: &str, domain: &str) -> String {
    let below = if name.ends_with(domain) { name.to_owned() } else { format!("{name}.{domain}") };
    format!("{below}.")
}
