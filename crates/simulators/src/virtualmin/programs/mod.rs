//! The remote programs of the simulated server.

mod backup_domain;
mod backup_lists;
mod backup_schedules;
mod backup_steps;
mod certificates;
mod check_config;
mod checks;
mod create_alias;
mod create_domain;
mod create_options;
mod create_rules;
mod create_steps;
mod create_user;
mod databases;
mod delete_alias;
mod delete_domain;
mod delete_user;
mod disable_domain;
mod enable_domain;
mod feature_steps;
mod generate_acme_cert;
mod generate_cert;
mod get_dns;
mod get_ssl;
mod info;
mod install_cert;
mod layouts;
mod list_aliases;
mod list_bandwidth;
mod list_certs;
mod list_databases;
mod list_domains;
mod list_flags;
mod list_php;
mod list_server_statuses;
mod list_users;
mod login_link;
mod machine;
mod mailbox_rules;
mod modify_dns;
mod modify_dns_changes;
mod modify_domain;
mod modify_limits;
mod modify_plan;
mod modify_settings;
mod modify_user;
mod modify_user_settings;
mod modify_web;
mod php;
mod plans;
mod redirects;
mod rename;
mod rename_domain;
mod restart_server;
mod restore_domain;
mod selection;
mod settings_templates;
mod shown_record;
mod steps;
mod switch_feature;
#[cfg(test)]
mod tests;
mod text;
mod validate_domains;
mod view;

use std::collections::BTreeSet;

use layouts::Layouts;
use view::{Installed, View};

use super::arguments::Arguments;
use super::outcome::{Failure, Outcome};
use super::world::{Origin, World};

type Run = fn(&mut World, &Origin, Arguments) -> Result<String, Failure>;

/// How a program makes its answer.
#[derive(Debug)]
enum Answer {
    /// From a template about the machine.
    Layouts(Layouts),
    /// With a function.
    Run(Run),
}

/// One remote program.
#[derive(Debug)]
pub(super) struct Program {
    /// The name in the `program` parameter.
    pub(super) name: &'static str,
    /// Whether it changes the state.
    pub(super) mutates: bool,
    /// The text of `--help`, also printed after the reason of a usage error.
    pub(super) usage: &'static str,
    answer: Answer,
}

impl Program {
    /// Runs it on `world`.
    pub(super) fn run(
        &self,
        world: &mut World,
        origin: &Origin,
        arguments: Vec<String>,
    ) -> Outcome {
        let arguments = Arguments::new(arguments);
        let result = match &self.answer {
            Answer::Layouts(layouts) => {
                let mut view = View::of(world);
                view.programs = installed(world);
                layouts.run(&view, arguments)
            }
            Answer::Run(run) => run(world, origin, arguments),
        };
        match result {
            Ok(output) => Outcome { exit_code: 0, output },
            Err(failure) => failure.outcome(self.usage),
        }
    }
}

const fn reads(name: &'static str, usage: &'static str, run: Run) -> Program {
    Program { name, mutates: false, usage, answer: Answer::Run(run) }
}

const fn lists(name: &'static str, usage: &'static str, layouts: Layouts) -> Program {
    Program { name, mutates: false, usage, answer: Answer::Layouts(layouts) }
}

const fn mutates(name: &'static str, usage: &'static str, run: Run) -> Program {
    Program { name, mutates: true, usage, answer: Answer::Run(run) }
}

/// All programs, by name.
const PROGRAMS: &[Program] = &[
    mutates("backup-domain", include_str!("usage/backup-domain.txt"), backup_domain::run),
    mutates("check-config", include_str!("usage/check-config.txt"), check_config::run),
    mutates("create-alias", include_str!("usage/create-alias.txt"), create_alias::run),
    mutates("create-database", include_str!("usage/create-database.txt"), databases::create),
    mutates("create-domain", include_str!("usage/create-domain.txt"), create_domain::run),
    mutates("create-login-link", include_str!("usage/create-login-link.txt"), login_link::run),
    mutates("create-plan", include_str!("usage/create-plan.txt"), plans::create),
    mutates("create-redirect", include_str!("usage/create-redirect.txt"), redirects::create),
    mutates(
        "create-scheduled-backup",
        include_str!("usage/create-scheduled-backup.txt"),
        backup_schedules::create,
    ),
    mutates(
        "create-simple-alias",
        include_str!("usage/create-simple-alias.txt"),
        create_alias::run_simple,
    ),
    mutates(
        "create-template",
        include_str!("usage/create-template.txt"),
        settings_templates::create,
    ),
    mutates("create-user", include_str!("usage/create-user.txt"), create_user::run),
    mutates("delete-alias", include_str!("usage/delete-alias.txt"), delete_alias::run),
    mutates("delete-database", include_str!("usage/delete-database.txt"), databases::delete),
    mutates("delete-domain", include_str!("usage/delete-domain.txt"), delete_domain::run),
    mutates(
        "delete-php-directory",
        include_str!("usage/delete-php-directory.txt"),
        php::delete_directory,
    ),
    mutates("delete-plan", include_str!("usage/delete-plan.txt"), plans::delete),
    mutates("delete-redirect", include_str!("usage/delete-redirect.txt"), redirects::delete),
    mutates(
        "delete-scheduled-backup",
        include_str!("usage/delete-scheduled-backup.txt"),
        backup_schedules::delete,
    ),
    mutates(
        "delete-template",
        include_str!("usage/delete-template.txt"),
        settings_templates::delete,
    ),
    mutates("delete-user", include_str!("usage/delete-user.txt"), delete_user::run),
    mutates("disable-domain", include_str!("usage/disable-domain.txt"), disable_domain::run),
    mutates("disable-feature", include_str!("usage/disable-feature.txt"), switch_feature::disable),
    mutates("enable-domain", include_str!("usage/enable-domain.txt"), enable_domain::run),
    mutates("enable-feature", include_str!("usage/enable-feature.txt"), switch_feature::enable),
    mutates(
        "generate-acme-cert",
        include_str!("usage/generate-acme-cert.txt"),
        generate_acme_cert::run,
    ),
    mutates("generate-cert", include_str!("usage/generate-cert.txt"), generate_cert::run),
    mutates(
        "generate-letsencrypt-cert",
        include_str!("usage/generate-letsencrypt-cert.txt"),
        generate_acme_cert::run,
    ),
    reads("get-dns", include_str!("usage/get-dns.txt"), get_dns::run),
    reads("get-ssl", include_str!("usage/get-ssl.txt"), get_ssl::run),
    reads("get-template", include_str!("usage/get-template.txt"), settings_templates::get),
    reads("info", include_str!("usage/info.txt"), info::run),
    mutates("install-cert", include_str!("usage/install-cert.txt"), install_cert::run),
    reads("list-aliases", include_str!("usage/list-aliases.txt"), list_aliases::run),
    reads("list-backup-logs", include_str!("usage/list-backup-logs.txt"), backup_lists::runs),
    reads("list-bandwidth", include_str!("usage/list-bandwidth.txt"), list_bandwidth::run),
    reads("list-certs", include_str!("usage/list-certs.txt"), list_certs::run),
    lists(
        "list-commands",
        include_str!("usage/list-commands.txt"),
        Layouts {
            table: include_str!("templates/list-commands.names.txt"),
            multiline: include_str!("templates/list-commands.multiline.txt"),
            names: include_str!("templates/list-commands.names.txt"),
            // With `--multiline`, this program does not list names only.
            flags: &["--short", "--nicer", "--name-only"],
            options: &[],
        },
    ),
    reads("list-databases", include_str!("usage/list-databases.txt"), list_databases::run),
    reads("list-domains", include_str!("usage/list-domains.txt"), list_domains::run),
    lists(
        "list-features",
        include_str!("usage/list-features.txt"),
        Layouts {
            table: include_str!("templates/list-features.table.txt"),
            multiline: include_str!("templates/list-features.multiline.txt"),
            names: include_str!("templates/list-features.names.txt"),
            flags: &[],
            options: &["--parent", "--subdom", "--alias"],
        },
    ),
    reads(
        "list-php-directories",
        include_str!("usage/list-php-directories.txt"),
        list_php::directories,
    ),
    reads("list-php-ini", include_str!("usage/list-php-ini.txt"), list_php::ini),
    lists(
        "list-php-versions",
        include_str!("usage/list-php-versions.txt"),
        Layouts {
            table: include_str!("templates/list-php-versions.table.txt"),
            multiline: include_str!("templates/list-php-versions.multiline.txt"),
            names: include_str!("templates/list-php-versions.names.txt"),
            flags: &[],
            options: &[],
        },
    ),
    reads("list-plans", include_str!("usage/list-plans.txt"), plans::list),
    reads("list-redirects", include_str!("usage/list-redirects.txt"), redirects::list),
    reads(
        "list-scheduled-backups",
        include_str!("usage/list-scheduled-backups.txt"),
        backup_lists::schedules,
    ),
    reads(
        "list-server-statuses",
        include_str!("usage/list-server-statuses.txt"),
        list_server_statuses::run,
    ),
    reads("list-templates", include_str!("usage/list-templates.txt"), settings_templates::list),
    reads("list-users", include_str!("usage/list-users.txt"), list_users::run),
    mutates(
        "modify-database-pass",
        include_str!("usage/modify-database-pass.txt"),
        databases::set_password,
    ),
    mutates("modify-dns", modify_dns::USAGE, modify_dns::run),
    mutates("modify-domain", include_str!("usage/modify-domain.txt"), modify_domain::run),
    mutates("modify-limits", include_str!("usage/modify-limits.txt"), modify_limits::run),
    mutates("modify-php-ini", include_str!("usage/modify-php-ini.txt"), php::modify_ini),
    mutates("modify-plan", include_str!("usage/modify-plan.txt"), modify_plan::run),
    mutates(
        "modify-scheduled-backup",
        include_str!("usage/modify-scheduled-backup.txt"),
        backup_schedules::modify,
    ),
    mutates(
        "modify-template",
        include_str!("usage/modify-template.txt"),
        settings_templates::modify,
    ),
    mutates("modify-user", include_str!("usage/modify-user.txt"), modify_user::run),
    mutates("modify-web", include_str!("usage/modify-web.txt"), modify_web::run),
    mutates("rename-domain", include_str!("usage/rename-domain.txt"), rename_domain::run),
    mutates("restart-server", include_str!("usage/restart-server.txt"), restart_server::run),
    mutates("restore-domain", include_str!("usage/restore-domain.txt"), restore_domain::run),
    mutates("set-php-directory", include_str!("usage/set-php-directory.txt"), php::set_directory),
    reads("validate-domains", include_str!("usage/validate-domains.txt"), validate_domains::run),
];

/// The programs that the machine has.
fn installed(world: &World) -> Vec<Installed> {
    let programs = PROGRAMS.iter().filter(|it| !world.machine.lacks.contains(it.name));
    let described = |it: &Program| Installed {
        name: it.name,
        description: it.usage.lines().next().unwrap_or_default(),
    };
    programs.map(described).collect()
}

/// Why there is no such program to run.
#[derive(Debug, PartialEq)]
pub(super) enum Missing {
    /// The name has a character that is not allowed.
    InvalidName,
    /// There is no program with this name.
    Unknown(String),
}

impl Missing {
    /// The server's answer.
    pub(super) fn error(&self) -> String {
        match self {
            Self::InvalidName => "Invalid remote program name".into(),
            Self::Unknown(name) => format!("Remote program {name} does not exist"),
        }
    }
}

/// The program with this name, unless the machine `lacks` it.
pub(super) fn find(name: &str, lacks: &BTreeSet<String>) -> Result<&'static Program, Missing> {
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-') {
        return Err(Missing::InvalidName);
    }
    PROGRAMS
        .iter()
        .find(|program| program.name == name && !lacks.contains(name))
        .ok_or_else(|| Missing::Unknown(name.to_owned()))
}
