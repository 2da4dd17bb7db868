//! What the programs for certificates share: the certificate of a virtual server, and how a new one is put in place.

use super::checks::require;
use super::steps::Steps;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::site_certificate::{self, Made};
use crate::virtualmin::virtual_server::{Kind, VirtualServer};
use crate::virtualmin::world::{Origin, Passwords, World};

/// The days of a certificate that the panel signs itself (recording 228).
pub(super) const OWN_DAYS: u32 = 365;

/// The certificate of a virtual server in PEM. The panel makes one with the feature `ssl`.
pub(super) fn of(
    world: &mut World,
    origin: &Origin,
    server: &VirtualServer,
) -> Result<Option<String>, Failure> {
    if let Some(pem) = &server.contents.certificate {
        return Ok(Some(pem.clone()));
    }
    if !server.has("ssl") || matches!(server.kind, Kind::Alias { .. }) {
        return Ok(None);
    }
    let made = make(&[format!("*.{}", server.domain)], OWN_DAYS, None, origin)?;
    let pem = made.certificate.clone();
    keep(world, server.clone(), made);
    Ok(Some(pem))
}

/// Makes a certificate.
pub(super) fn make(
    names: &[String],
    days: u32,
    authority: Option<&str>,
    origin: &Origin,
) -> Result<Made, Failure> {
    site_certificate::make(names, days, authority, origin.now)
        .map_err(|error| Failure::Halted(format!(".. failed : {error:#}\n")))
}

/// Keeps a new certificate with its key.
pub(super) fn keep(world: &mut World, mut server: VirtualServer, made: Made) {
    world.passwords.set(&Passwords::certificate(&server.domain), made.key);
    server.contents.certificate = Some(made.certificate);
    world.put(server);
}

/// Puts a new certificate in place and logs that; what was printed so far is before the last steps.
pub(super) fn install(
    world: &mut World,
    origin: &Origin,
    server: VirtualServer,
    made: Made,
    mut steps: Steps,
) -> String {
    if server.has("web") {
        steps.done("Applying webserver configuration");
    }
    let domain = server.domain.clone();
    keep(world, server, made);
    world.effect(origin, EffectKind::Modified, &domain);
    steps.text()
}

/// The virtual server with this domain, in the words of the newer programs.
pub(super) fn server(world: &World, domain: &str) -> Result<VirtualServer, Failure> {
    require(!domain.is_empty(), "Missing --domain parameter")?;
    let missing = || Failure::Usage(format!("No virtual server named {domain} found"));
    world.state.servers.get(domain).cloned().ok_or_else(missing)
}
