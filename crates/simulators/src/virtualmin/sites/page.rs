//! The answers of the web server: first pages, redirects, and the page of the distribution.

use crate::virtualmin::clock;
use crate::virtualmin::virtual_server::VirtualServer;
use crate::virtualmin::web_server::WebServer;
use crate::virtualmin::world::World;

/// The names of a site besides its domain, as labels before it (recording 050, `website_hostnames`).
const LABELS: [&str; 4] = ["www", "mail", "webmail", "admin"];

/// An answer.
#[derive(Debug, PartialEq)]
pub(super) struct Page {
    status: u16,
    location: Option<String>,
    last_modified: i64,
    body: String,
}

impl Page {
    /// The answer to `GET /` for this `Host`, by HTTPS if `secure`.
    pub(super) fn of(world: &World, host: &str, secure: bool) -> Self {
        let made = clock::now().unix_timestamp();
        if let WebServer::Failing { status } = world.machine.web_server {
            return Self { status, location: None, last_modified: made, body: "Failing\n".into() };
        }
        let host = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let Some(site) = site_of(world, &host, secure) else {
            let body = "<title>Apache2 Debian Default Page: It works</title>\n".into();
            return Self { status: 200, location: None, last_modified: 0, body };
        };
        Self::first(site, &host, world.machine.index_page.as_deref())
    }

    /// The first page of a site, or a redirect to the panel or the webmail.
    fn first(site: &VirtualServer, host: &str, index: Option<&str>) -> Self {
        let VirtualServer { domain, created_at, .. } = site;
        let port = match host.strip_suffix(domain.as_str()) {
            Some("admin.") => Some(10_000),
            Some("webmail.") => Some(20_000),
            _ => None,
        };
        if let Some(port) = port.filter(|_| site.disabled.is_none()) {
            let location = Some(format!("https://{domain}:{port}/"));
            return Self {
                status: 301,
                location,
                last_modified: *created_at,
                body: "Moved\n".into(),
            };
        }
        let body = match (&site.disabled, index) {
            (Some(_), _) => format!("<title>{domain} &mdash; Website Disabled</title>\n"),
            (None, Some(index)) => index.to_owned(),
            (None, None) => format!("<title>{domain} &mdash; Website</title>\n"),
        };
        let last_modified = if index.is_some() { 0 } else { *created_at };
        Self { status: 200, location: None, last_modified, body }
    }

    /// The answer as it is sent.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let Self { status, location, last_modified, body } = self;
        let location =
            location.as_ref().map(|it| format!("Location: {it}\r\n")).unwrap_or_default();
        format!(
            "HTTP/1.1 {status} -\r\nDate: {}\r\nServer: Apache\r\nLast-Modified: {}\r\n{location}Content-Length: {}\r\n\
             Connection: close\r\nContent-Type: text/html\r\n\r\n{body}",
            clock::http(clock::now()),
            clock::http_seconds(*last_modified),
            body.len(),
        )
        .into_bytes()
    }
}

/// The site that answers for a host name: its own, or the first.
pub(super) fn site_of<'a>(world: &'a World, host: &str, secure: bool) -> Option<&'a VirtualServer> {
    let feature = if secure { "ssl" } else { "web" };
    let machine = &world.machine;
    let is_loaded = |domain: &String| {
        machine.web_server != WebServer::BrokenConfiguration || machine.loaded.contains(domain)
    };
    let sites = || {
        let servers = world.state.servers.values();
        servers.filter(|it| it.has(feature) && !it.half_made && is_loaded(&it.domain))
    };
    sites().find(|it| has_name(it, host)).or_else(|| sites().next())
}

fn has_name(site: &VirtualServer, host: &str) -> bool {
    match host.strip_suffix(site.domain.as_str()) {
        Some("") => true,
        Some(labels) => labels.strip_suffix('.').is_some_and(|label| LABELS.contains(&label)),
        None => false,
    }
}
