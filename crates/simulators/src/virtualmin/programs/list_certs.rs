//! `list-certs`: the certificates of virtual servers in PEM (as `list-certs.pl` of 8.1.0). The simulator keeps no keys in
//! files, so it prints none.

use super::certificates;
use super::checks::require;
use super::list_flags::ListFlags;
use super::selection::by_names;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::world::{Origin, World};

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let _ = ListFlags::extract(&mut arguments)?;
    let (mut domains, mut users, mut types) = (Vec::new(), Vec::new(), Vec::new());
    let mut all = false;
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domains.push(arguments.value()),
            "--user" => users.push(arguments.value()),
            "--all-domains" => all = true,
            "--cert" | "--key" | "--ca" | "--csr" | "--newkey" => types.push(flag),
            other => return Arguments::refuse(other),
        }
    }
    let any = all || !domains.is_empty() || !users.is_empty();
    require(any, "No domains or users specified")?;
    let servers = match all {
        true => world.state.servers.values().cloned().collect(),
        false => by_names(&world.state, &domains, &users, &[])?,
    };
    let (mut text, mut found) = (String::new(), false);
    for server in servers {
        let Some(pem) = certificates::of(world, origin, &server)? else { continue };
        found = true;
        if types.is_empty() || types.iter().any(|it| it == "--cert") {
            let file = format!("/etc/ssl/virtualmin/{}/ssl.cert", server.id);
            let pem = pem.trim_end();
            text += &format!("{}:\n    Type: cert\n    File: {file}\n{pem}\n", server.domain);
        }
    }
    require(found, "None of the specified virtual servers have an SSL cert")?;
    Ok(text)
}
