//! `get-ssl`: the certificate of a virtual server (recording 228; the rest as `get-ssl.pl` of 8.1.0).

use super::certificates;
use super::checks::{require, server};
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::site_certificate;
use crate::virtualmin::world::{Origin, World};

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let mut domain = String::new();
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = arguments.value(),
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    require(!domain.is_empty(), "Missing --domain parameter")?;
    let server = server(&world.state, &domain)?;
    let without = format!("Virtual server {domain} does not have an SSL cert");
    let pem = certificates::of(world, origin, &server)?.ok_or(Failure::Usage(without))?;
    let facts = site_certificate::read(&pem)
        .map_err(|_| Failure::Usage("No SSL certificate found".into()))?;
    let folder = format!("/etc/ssl/virtualmin/{}", server.id);
    let signed = if facts.is_self_signed { "Self-signed" } else { "Signed by CA" };
    let mut lines = vec![
        format!("cert: {folder}/ssl.cert"),
        format!("key: {folder}/ssl.key"),
        format!("ca: {folder}/ssl.cert"),
        "type: ec".to_owned(),
        "size: 256".to_owned(),
        format!("cn: {}", facts.common_name),
        format!("issuer_cn: {}", facts.issuer),
        format!("notafter: {}", facts.not_after),
        format!("type: {signed}"),
    ];
    lines.extend(facts.names.iter().map(|name| format!("alt: {name}")));
    lines.push(format!("pub: {}", facts.public_key));
    Ok(lines.join("\n") + "\n")
}
