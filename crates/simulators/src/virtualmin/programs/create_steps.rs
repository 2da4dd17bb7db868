//! The output of `create-domain` during its work.

use super::create_rules::first_database;
use super::steps::Steps;
use crate::virtualmin::virtual_server::{Kind, VirtualServer};

/// The output for a virtual server, complete or half made.
pub(super) fn text(server: &VirtualServer, parent: Option<&VirtualServer>) -> String {
    let mut steps = Steps::begin("Beginning server creation ..");
    steps.done("Saving server details");
    if server.half_made {
        let user = &server.username;
        steps.line(&format!("Creating administration group {user} .."));
        steps.line(".. administration group was created but does not exist!");
        steps.blank();
        steps.line(
            "Critical feature Administration user was not properly created - Virtual server creation halted.",
        );
        return steps.text();
    }
    let has = |code: &str| server.has(code);
    owner(&mut steps, server);
    let zone = parent.filter(|parent| {
        parent.has("dns") && server.domain.ends_with(&format!(".{}", parent.domain))
    });
    match zone {
        Some(zone) if has("dns") => {
            steps.done(&format!("Adding records to DNS zone {}", zone.domain));
        }
        None if has("dns") => steps.done("Adding new DNS zone"),
        _ => {}
    }
    services(&mut steps, server);
    steps.done("Saving server details");
    let webmin = has("webmin") || parent.is_some_and(|parent| parent.has("webmin"));
    if webmin {
        steps.done("Updating Webmin user");
    }
    let own_site = has("web") && !matches!(server.kind, Kind::Alias { .. });
    for (applies, step) in [
        (own_site, "Creating initial website index page".to_owned()),
        (has("dns"), format!("Re-starting DNS server for {}", zone.unwrap_or(server).domain)),
        (has("web"), "Applying webserver configuration".to_owned()),
        (webmin, "Re-loading Webmin".to_owned()),
        (has("mail"), "Restarting mail server".to_owned()),
    ] {
        if applies {
            steps.done(&step);
        }
    }
    steps.line("All done!");
    steps.text()
}

/// The steps for the user and its home.
fn owner(steps: &mut Steps, server: &VirtualServer) {
    let user = &server.username;
    if server.has("unix") {
        steps.done(&format!("Creating administration group {user}"));
        steps.done(&format!("Creating administration user {user}"));
        if server.has("mail") {
            steps.done("Creating aliases for administration user");
        }
        steps.done("Adding administration user to groups");
    }
    if server.has("dir") {
        steps.done("Creating home directory");
    }
    if server.has("unix") {
        steps.done("Creating mailbox for administration user");
    }
}

/// The steps for the configuration of daemons.
pub(super) fn services(steps: &mut Steps, server: &VirtualServer) {
    let database = format!("Creating MariaDB database {}", first_database(&server.prefix));
    let group: &[&str] = match server.kind {
        Kind::TopLevel => &["Adding webserver user www-data to server's group"],
        _ => &[],
    };
    let new: &[(&str, &[&str])] = &[
        ("mail", &["Adding to email domains list", "Adding default mail aliases"]),
        (
            "web",
            &[
                "Adding new virtual website",
                "Setting up CGI scripts support with suEXEC execution mode",
            ],
        ),
        ("web", group),
        ("web", &["Performing other Apache configuration"]),
        ("ssl", &["Creating SSL certificate and private key", "Adding new SSL virtual website"]),
        ("logrotate", &["Setting up log file rotation"]),
        ("mysql", &["Creating MariaDB login", &database]),
        ("webmin", &["Creating Webmin user"]),
    ];
    let alias: &[(&str, &[&str])] = &[
        ("mail", &["Adding to email domains list"]),
        ("web", &["Updating origin virtual server", "Performing other Apache configuration"]),
    ];
    let table = if matches!(server.kind, Kind::Alias { .. }) { alias } else { new };
    for (_, lines) in table.iter().filter(|(code, _)| server.has(code)) {
        lines.iter().for_each(|line| steps.done(line));
    }
}
