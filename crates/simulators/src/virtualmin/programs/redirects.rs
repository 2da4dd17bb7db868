//! `list-redirects`, `create-redirect` and `delete-redirect`, as these programs of 8.1.0. There are no recordings of them.
//! Redirects to directories are not simulated.

use super::checks::{require, server};
use super::list_flags::ListFlags;
use super::text;
use super::view::{Server, View};
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::contents::Redirect;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::virtual_server::VirtualServer;
use crate::virtualmin::world::{Origin, World};

/// The virtual server, which must have a website.
fn website(world: &World, domain: &str) -> Result<VirtualServer, Failure> {
    require(!domain.is_empty(), "No domain specified")?;
    let server = server(&world.state, domain)?;
    let without = format!("Virtual server {domain} does not support redirects");
    require(server.has("web"), &without)?;
    Ok(server)
}

/// `list-redirects`.
pub(super) fn list(
    world: &mut World,
    _: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let flags = ListFlags::extract(&mut arguments)?;
    let (mut domain, mut path, mut host) = (String::new(), None, None);
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = arguments.value(),
            "--path" => path = Some(arguments.value()),
            "--host" => host = Some(arguments.value()),
            "--fix-wellknown" => {}
            other => return Arguments::refuse(other),
        }
    }
    let mut server = website(world, &domain)?;
    let shown = |it: &Redirect| {
        path.as_ref().is_none_or(|path| it.path == *path) && (host.is_none() || it.host == host)
    };
    server.contents.redirects.retain(shown);
    let mut view = View::of(world);
    view.servers = vec![Server::of(world, &server)];
    let template = if flags.multiline {
        include_str!("templates/list-redirects.multiline.txt")
    } else if flags.names {
        include_str!("templates/list-redirects.names.txt")
    } else {
        include_str!("templates/list-redirects.table.txt")
    };
    text::render(template, &view)
}

/// `create-redirect`. It makes a second one of the same path, because its check for a clash looks at an empty list.
pub(super) fn create(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut domain, mut redirect) = (String::new(), Redirect::default());
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = arguments.value(),
            "--path" => redirect.path = arguments.value(),
            "--redirect" => redirect.destination = arguments.value(),
            "--regexp" => redirect.sub_paths = true,
            "--exact" => redirect.exact = true,
            "--host" => redirect.host = Some(arguments.value()),
            "--code" => {
                let code = arguments.value().parse().ok().filter(|it| (300..400).contains(it));
                let wrong = "--code must be followed by a HTTP status code between 300 and 400";
                redirect.code = Some(code.ok_or_else(|| Failure::Usage(wrong.into()))?);
            }
            "--http" | "--https" | "--fix-wellknown" | "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    require(!domain.is_empty(), "No domain specified")?;
    require(!redirect.path.is_empty(), "No redirect path specified")?;
    let both = redirect.exact && redirect.sub_paths;
    require(!both, "Only one of --regexp or --exact can be given")?;
    let destination = &redirect.destination;
    require(!destination.is_empty(), "One of --redirect or --alias must be given")?;
    let leads = ["http://", "https://", "/"].iter().any(|it| destination.starts_with(it));
    require(leads, "The --redirect flag must be followed by a URL or a URL path")?;
    let mut server = website(world, &domain)?;
    let text = format!("Redirect for {} created successfully\n", redirect.path);
    server.contents.redirects.push(redirect);
    world.put(server);
    world.effect(origin, EffectKind::Created, &domain);
    Ok(text)
}

/// `delete-redirect`.
pub(super) fn delete(
    world: &mut World,
    origin: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let (mut domain, mut path, mut host) = (String::new(), String::new(), None);
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--domain" => domain = arguments.value(),
            "--path" => path = arguments.value(),
            "--host" => host = Some(arguments.value()).filter(|it| !it.is_empty()),
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    require(!domain.is_empty(), "No domain specified")?;
    require(!path.is_empty(), "No redirect path specified")?;
    let mut server = website(world, &domain)?;
    let what = match &host {
        Some(host) => format!("path {path} and host {host}"),
        None => format!("path {path}"),
    };
    let is = |it: &Redirect| it.path == path && (host.is_none() || it.host == host);
    let redirects = &mut server.contents.redirects;
    match redirects.iter().filter(|it| is(it)).count() {
        0 => return Err(Failure::Usage(format!("No redirect for {what} was found"))),
        1 => redirects.retain(|it| !is(it)),
        _ => return Err(Failure::Usage(format!("Multiple redirects for {what} found!"))),
    }
    world.put(server);
    world.effect(origin, EffectKind::Deleted, &domain);
    Ok(format!("Redirect for {what} deleted successfully\n"))
}
