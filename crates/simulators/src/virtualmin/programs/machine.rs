//! Programs about the machine itself: `info` and the lists of features, templates, PHP versions and commands.

use std::fmt::Write as _;

use super::PROGRAMS;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::world::{Origin, World};

/// Something a virtual server can have.
#[derive(Debug)]
pub(super) struct Feature {
    /// As it is called in parameters.
    pub(super) code: &'static str,
    description: &'static str,
    /// Whether this machine offers it.
    pub(super) enabled: bool,
    /// Whether `default-features` includes it.
    pub(super) default: bool,
}

const fn feature(code: &'static str, description: &'static str, offered: bool) -> Feature {
    Feature { code, description, enabled: offered, default: offered }
}

/// In Virtualmin's order.
pub(super) const FEATURES: [Feature; 14] = [
    feature("unix", "Administration user", true),
    feature("dir", "Home directory", true),
    feature("dns", "DNS for domain", true),
    feature("mail", "Mail for domain", true),
    feature("web", "Apache website", true),
    feature("webalizer", "Webalizer reporting", false),
    feature("ssl", "Apache SSL website", true),
    feature("logrotate", "Log file rotation", true),
    feature("mysql", "MariaDB database", true),
    feature("postgres", "PostgreSQL database", false),
    feature("ftp", "ProFTPD virtual FTP", false),
    feature("spam", "Spam filtering", false),
    feature("virus", "Virus filtering", false),
    feature("webmin", "Webmin login", true),
];

const TEMPLATES: [(&str, &str); 2] = [("0", "Default Settings"), ("1", "Settings For Sub-Servers")];

/// The id of the template called `wanted` by id or name.
pub(super) fn template(wanted: &str) -> Result<String, Failure> {
    TEMPLATES
        .iter()
        .find(|(id, name)| *id == wanted || *name == wanted)
        .map(|(id, _)| (*id).to_owned())
        .ok_or_else(|| Failure::Usage("Unknown template name".into()))
}

/// The template of a new virtual server.
pub(super) fn initial_template(top_level: bool) -> String {
    if top_level { "0" } else { "1" }.to_owned()
}

/// The name of the template with this id.
pub(super) fn template_name(id: &str) -> &'static str {
    TEMPLATES.iter().find(|(own, _)| *own == id).map_or("", |(_, name)| *name)
}

/// How a list is to be printed.
#[derive(Clone, Copy, PartialEq)]
enum Layout {
    Table,
    Multiline,
    Names,
}

fn layout(mut arguments: Arguments, with_value: &[&str]) -> Result<Layout, Failure> {
    let mut layout = Layout::Table;
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--multiline" => layout = Layout::Multiline,
            "--name-only" => layout = Layout::Names,
            other if with_value.contains(&other) => drop(arguments.value()),
            other => return Arguments::refuse(other),
        }
    }
    Ok(layout)
}

fn yes(holds: bool) -> &'static str {
    if holds { "Yes" } else { "No" }
}

/// `list-features`.
pub(super) fn list_features(
    _: &mut World,
    _: &Origin,
    arguments: Arguments,
) -> Result<String, Failure> {
    let layout = layout(arguments, &["--parent", "--subdom", "--alias"])?;
    let mut text = String::new();
    if layout == Layout::Table {
        text = format!("{:<20} {:<50} {:<8}\n", "Code", "Description", "Enabled");
        let _ = writeln!(text, "{} {} {}", "-".repeat(20), "-".repeat(50), "-".repeat(8));
    }
    for Feature { code, description, enabled, default } in &FEATURES {
        let automatic = matches!(*code, "unix" | "dir");
        let _ = match layout {
            Layout::Names => writeln!(text, "{code}"),
            Layout::Multiline => writeln!(
                text,
                "{code}\n    Description: {description}\n    Enabled: {}\n    Default: {}\n    \
                 Automatic: {}\n    Source: Core",
                yes(*enabled),
                yes(*default),
                yes(automatic)
            ),
            Layout::Table => {
                let enabled = if automatic { "Auto" } else { yes(*enabled) };
                writeln!(text, "{code:<20} {description:<50} {enabled:<8}")
            }
        };
    }
    Ok(text)
}

/// `list-templates`.
pub(super) fn list_templates(
    _: &mut World,
    _: &Origin,
    arguments: Arguments,
) -> Result<String, Failure> {
    Ok(match layout(arguments, &[])? {
        Layout::Table => {
            let rule = format!("{} {}", "-".repeat(18), "-".repeat(60));
            let rows = TEMPLATES.iter().map(|(id, name)| format!("{id:<18} {name:<60}\n"));
            format!("{:<18} {:<60}\n{rule}\n{}", "ID", "Description", rows.collect::<String>())
        }
        Layout::Names => TEMPLATES.iter().map(|(_, name)| format!("{name}\n")).collect(),
        Layout::Multiline => TEMPLATES
            .iter()
            .zip([["Custom", "None"], ["Default", "Default"]])
            .map(|((id, name), [web, dns])| {
                format!(
                    "{id}\n    Name: {name}\n    Custom web: {web}\n    Custom dns: {dns}\n    \
                     Custom ftp: {web}\n    Custom logrotate: {dns}\n    Custom mail: None\n"
                )
            })
            .collect(),
    })
}

/// `list-php-versions`.
pub(super) fn list_php_versions(
    _: &mut World,
    _: &Origin,
    arguments: Arguments,
) -> Result<String, Failure> {
    Ok(match layout(arguments, &[])? {
        Layout::Names => "8.2\n".into(),
        Layout::Table => format!(
            "{:<10} {:<60}\n{} {}\n{:<10} {:<60}\n",
            "Version",
            "Path",
            "-".repeat(10),
            "-".repeat(60),
            "8.2",
            "/bin/php-cgi8.2"
        ),
        Layout::Multiline => "8.2\n    Full version: 8.2.35\n    Command: /bin/php-cgi8.2\n    \
                              CLI: /bin/php8.2\n    FPM support: Yes\n    PHP modes: fpm fcgid cgi\n"
            .into(),
    })
}

/// `list-commands`.
pub(super) fn list_commands(
    world: &mut World,
    _: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let mut multiline = false;
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--multiline" => multiline = true,
            "--short" | "--nicer" | "--name-only" => {}
            other => return Arguments::refuse(other),
        }
    }
    let line = |name: &str, usage: &str| match multiline {
        true => format!("{name}\n    Description: {}\n", usage.lines().next().unwrap_or_default()),
        false => format!("{name}\n"),
    };
    let installed = PROGRAMS.iter().filter(|it| !world.machine.lacks.contains(it.name));
    Ok(installed.map(|program| line(program.name, program.usage)).collect())
}

/// `info`: the host's section, and with another `search` the count of virtual servers.
pub(super) fn info(
    world: &mut World,
    _: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let mut search = String::new();
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--search" => search = arguments.value(),
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    let host = format!(
        "host: \n    hostname: {}\n    module root: /usr/share/webmin/virtual-server\n    os: Debian Linux 12\n    \
         root: /usr/share/webmin\n    theme version: 10.1\n    virtualmin edition: GPL\n    \
         virtualmin version: {}\n    webmin version: 2.660\n",
        world.machine.hostname, world.machine.version
    );
    let domains = format!("domains: \n    doms: {}\n", world.state.servers.len());
    let shown = |section: &str| search.is_empty() || section.contains(&search);
    Ok([host, domains].into_iter().filter(|section| shown(section)).collect())
}
