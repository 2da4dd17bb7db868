//! A virtual server as the multiline output of `list-domains` describes it.

use super::machine;
use crate::virtualmin::clock;
use crate::virtualmin::size::{or_unlimited, pretty, pretty_blocks};
use crate::virtualmin::virtual_server::{Kind, VirtualServer};
use crate::virtualmin::world::World;

/// What the real program shows instead of a password's hash; a client must never log it.
const HASH: &str = "$6$SALT$HASHEDPASSWORD";
/// The database's password, which the real program shows as it is.
const DATABASE_PASSWORD: &str = "SECRET";

/// How much of it to describe: `simple-multiline` leaves out usage and everything that needs probing.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Detail {
    Full,
    Simple,
}

/// Lines of the form `    Key: value` below a line with the domain.
struct Lines(String);

impl Lines {
    fn add(&mut self, key: &str, value: &str) {
        self.0.push_str("    ");
        self.0.push_str(key);
        self.0.push_str(": ");
        self.0.push_str(value);
        self.0.push('\n');
    }
}

/// The lines for one server.
pub(super) fn describe(world: &World, server: &VirtualServer, detail: Detail) -> String {
    let mut lines = Lines(format!("{}\n", server.domain));
    identity(&mut lines, world, server);
    secrets(&mut lines, server);
    places(&mut lines, server);
    times(&mut lines, world, server);
    lines.add("IP address", &format!("{} (Shared)", world.machine.ip_address));
    lines.add("External IP address", &world.machine.ip_address);
    lines.add("Features", &server.features.join(" "));
    lines.add("Plugins", "");
    if server.parent().is_none() {
        if world.machine.keeps_quotas {
            quotas(&mut lines, server, detail);
        }
        databases_and_bandwidth(&mut lines, server, detail);
    }
    if detail == Detail::Full {
        website(&mut lines, server);
    }
    lines.add("SSL provider subset mode", "No");
    for service in ["dns", "mysql", "spam", "virus"] {
        lines.add(&format!("Provisioning for {service}"), "Local");
    }
    if detail == Detail::Full {
        mail_policies(&mut lines, server);
    }
    if server.parent().is_none() {
        limits(&mut lines, server);
    }
    lines.add("Last login", "Never");
    lines.0
}

fn identity(lines: &mut Lines, world: &World, server: &VirtualServer) {
    lines.add("ID", &server.id);
    lines.add("File", &format!("/etc/webmin/virtual-server/domains/{}", server.id));
    let kind = match &server.kind {
        Kind::TopLevel => "Top-level server",
        Kind::SubServer { .. } => "Sub-server",
        Kind::Alias { own_mail: true, .. } => "Alias with own email",
        Kind::Alias { own_mail: false, .. } => "Alias",
    };
    lines.add("Type", kind);
    if server.has("web") {
        lines.add("URL", &format!("http://{}/", server.domain));
    }
    match &server.kind {
        Kind::TopLevel => {}
        Kind::SubServer { parent } => lines.add("Parent domain", parent),
        Kind::Alias { of, .. } => {
            lines.add("Real domain", of);
            lines.add("Mail aliases mode", "Catchall");
        }
    }
    lines.add("Description", &server.description);
    lines.add("Template ID", &server.template);
    lines.add("Template", machine::template_name(&server.template));
    lines.add("Plan ID", &server.plan);
    if let Some(plan) = world.state.plans.iter().find(|plan| plan.id == server.plan) {
        lines.add("Plan", &plan.name);
    }
    let owner = server.parent().and_then(|parent| world.state.servers.get(parent));
    let number = (1000 + owner.unwrap_or(server).serial).to_string();
    lines.add("Username", &server.username);
    lines.add("User ID", &number);
    lines.add("Group name", &server.group);
    lines.add("Group ID", &number);
    lines.add("Mailbox username prefix", &server.prefix);
}

fn secrets(lines: &mut Lines, server: &VirtualServer) {
    lines.add("Password storage", "Hashed");
    if server.password_set || server.parent().is_some() {
        lines.add("Hashed password", HASH);
    }
    if server.has("mysql") {
        lines.add("Username for mysql", &server.username);
        lines.add("Password for mysql", DATABASE_PASSWORD);
        lines.add("Hostname for mysql", "localhost");
        lines.add("Port for mysql", "3306");
    }
}

fn places(lines: &mut Lines, server: &VirtualServer) {
    let (home, domain) = (&server.home, &server.domain);
    lines.add("Home directory", home);
    if server.has("web") {
        lines.add("HTML directory", &format!("{home}/public_html"));
        lines.add("CGI directory", &format!("{home}/cgi-bin"));
        lines.add("Access log", &format!("/var/log/virtualmin/{domain}_access_log"));
        lines.add("Error log", &format!("/var/log/virtualmin/{domain}_error_log"));
    }
}

fn times(lines: &mut Lines, world: &World, server: &VirtualServer) {
    let host = if server.has("mail") { &server.domain } else { &world.machine.hostname };
    let contact = server.email.clone().unwrap_or_else(|| format!("{}@{host}", server.username));
    lines.add("Contact email", &contact);
    lines.add("Contact address", &contact);
    lines.add("Created on", &clock::local_seconds(server.created_at));
    lines.add("Created Unix time", &server.created_at.to_string());
    lines.add("Created by", "root");
    if let Some(disabled) = &server.disabled {
        let why = match disabled.why.as_deref() {
            None | Some("") => "Manually".to_owned(),
            Some(why) => format!("Manually ({why})"),
        };
        lines.add("Disabled", &why);
        lines.add("Disabled at", &clock::local_seconds(disabled.at));
    }
    if let Some(at) = server.disable_scheduled_at {
        lines.add("Disable scheduled on", &clock::local_seconds(at));
    }
}

/// A host with quotas switched off lists none of these lines.
fn quotas(lines: &mut Lines, server: &VirtualServer, detail: Detail) {
    const USED_BLOCKS: u64 = 108;
    let limits = &server.limits;
    for (label, blocks) in [("Server", limits.quota_blocks), ("User", limits.user_quota_blocks)] {
        lines.add(&format!("{label} quota"), &pretty_blocks(blocks));
        lines.add(&format!("{label} block quota"), &or_unlimited(blocks));
        if detail == Detail::Full {
            lines.add(&format!("{label} quota used"), &pretty_blocks(USED_BLOCKS));
            lines.add(&format!("{label} block quota used"), &USED_BLOCKS.to_string());
            lines.add(&format!("{label} byte quota used"), &(USED_BLOCKS * 1024).to_string());
        }
    }
}

fn databases_and_bandwidth(lines: &mut Lines, server: &VirtualServer, detail: Detail) {
    if server.has("mysql") && detail == Detail::Full {
        lines.add("Databases count", "1");
        lines.add("Databases size", "16 KiB");
        lines.add("Databases byte size", "16384");
    }
    let bandwidth = server.limits.bandwidth_bytes;
    let shown = if bandwidth == 0 { "Unlimited".into() } else { pretty(bandwidth) };
    lines.add("Bandwidth limit", &shown);
    lines.add("Bandwidth byte limit", &or_unlimited(bandwidth));
}

fn website(lines: &mut Lines, server: &VirtualServer) {
    let domain = &server.domain;
    let names = ["www", "mail", "webmail", "admin"].map(|label| format!("{label}.{domain}"));
    if server.has("web") {
        lines.add("PHP execution mode", "none");
        lines.add("Possible PHP execution modes", "none fpm fcgid cgi");
        lines.add("CGI script execution mode", "suexec");
        lines.add("Possible CGI script execution modes", "suexec");
        lines.add("PHP fCGId subprocesses", "Not set");
        lines.add("PHP max execution time", "Unlimited");
        lines.add("Webmail redirects", "Yes");
        lines.add("Match all web sub-domains", "No");
        lines.add("Server-side includes", "Global default");
        lines.add("Default website for IP", "No");
        lines.add("Website hostnames", &format!("{domain} {}", names.join(" ")));
        lines.add("Proxy hostname", "No");
    }
    if server.has("ssl") {
        certificate(lines, server);
    }
    let candidates =
        if server.has("dns") { format!("{domain} {}", names.join(" ")) } else { domain.clone() };
    lines.add("SSL candidate hostnames", &candidates);
    match server.has("ssl") {
        true => ["webmin", "dovecot", "postfix"]
            .iter()
            .for_each(|service| lines.add("SSL cert used by", &format!("{service} ({domain})"))),
        false => lines.add("SSL cert used by", "webmin"),
    }
}

fn certificate(lines: &mut Lines, server: &VirtualServer) {
    const FIVE_YEARS: i64 = 157_680_000;
    let files = format!("/etc/ssl/virtualmin/{}", server.id);
    let expiry = server.created_at + FIVE_YEARS;
    lines.add("SSL key file", &format!("{files}/ssl.key"));
    lines.add("SSL cert file", &format!("{files}/ssl.cert"));
    lines.add("SSL cert and CA file", &format!("{files}/ssl.combined"));
    lines.add("SSL cert and key file", &format!("{files}/ssl.everything"));
    lines.add("SSL cert expiry", &clock::local_seconds(expiry));
    lines.add("SSL cert expiry time", &expiry.to_string());
    lines.add("SSL provider renewal", "Enabled");
    lines.add("SSL provider renewal email", "Always");
    lines.add("SSL provider renewal email master", "No");
}

fn mail_policies(lines: &mut Lines, server: &VirtualServer) {
    if server.has("dns") && !matches!(server.kind, Kind::SubServer { .. }) {
        lines.add("SPF DNS record", "Enabled");
        lines.add("DMARC DNS record", "Disabled");
    }
    if server.has("mail") {
        lines.add("MTA-STS status", "Disabled (Missing mta-sts DNS address record)");
    }
}

fn limits(lines: &mut Lines, server: &VirtualServer) {
    let own = &server.limits;
    let or =
        |limit: Option<u64>, none: &str| limit.map_or(none.into(), |number| number.to_string());
    let sub_servers = match own.sub_servers {
        Some(0) => "Cannot create".to_owned(),
        other => or(other, "Unlimited"),
    };
    lines.add("Maximum sub-servers", &sub_servers);
    lines.add("Maximum alias servers", &or(own.alias_servers, "*"));
    lines.add("Maximum non-alias servers", &or(own.real_servers, "*"));
    lines.add("Maximum mailboxes", &or(own.mailboxes, "Unlimited"));
    lines.add("Maximum databases", &or(own.databases, "Unlimited"));
    lines.add("Maximum aliases", &or(own.aliases, "Unlimited"));
    lines.add("Maximum Mongrel instances", "Unlimited");
    lines.add("Can choose database names", "Yes");
    lines.add("Can rename servers", "Yes");
    lines.add("Can migrate backups", "No");
    lines.add("Sub-servers must be under main domain", "No");
    lines.add("Sub-servers cannot be under other domains", "No");
    lines.add("Sub-servers inherit IP address", "No");
    lines.add("Read-only mode", "No");
    let allowed: Vec<_> =
        server.features.iter().filter(|code| *code != "webmin").cloned().collect();
    lines.add("Allowed features", &allowed.join(" "));
    lines.add("Edit capabilities", "users aliases passwd");
    lines.add("Allowed scripts", "All");
    let locked = server.disabled.as_ref().is_some_and(|d| d.features.iter().any(|f| f == "unix"));
    let (shell, logins, command) = match locked {
        true => ("nologin", "Email only", "/dev/null"),
        false => ("ssh", "Email, FTP and SSH", "/bin/bash"),
    };
    lines.add("Shell type", shell);
    lines.add("Login permissions", logins);
    lines.add("Shell command", command);
    if server.has("mysql") {
        lines.add("Allowed mysql hosts", "127.0.0.1 localhost");
    }
}
