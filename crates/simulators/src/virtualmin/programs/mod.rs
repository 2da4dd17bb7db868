//! The remote programs that the simulated server has.

mod create_domain;
mod create_options;
mod create_rules;
mod create_steps;
mod delete_domain;
mod disable_domain;
mod enable_domain;
mod list_domains;
mod listed;
mod machine;
mod modify_domain;
mod modify_settings;
mod plans;
mod selection;
mod steps;

use std::collections::BTreeSet;

use super::arguments::Arguments;
use super::outcome::{Failure, Outcome};
use super::world::{Origin, World};

type Run = fn(&mut World, &Origin, Arguments) -> Result<String, Failure>;

/// One remote program.
#[derive(Debug)]
pub(super) struct Program {
    /// As the `program` parameter names it.
    pub(super) name: &'static str,
    /// Whether it changes anything.
    pub(super) mutates: bool,
    /// What `--help` prints and what follows the reason of a usage error.
    pub(super) usage: &'static str,
    run: Run,
}

impl Program {
    /// Runs it on `world`.
    pub(super) fn run(
        &self,
        world: &mut World,
        origin: &Origin,
        arguments: Vec<String>,
    ) -> Outcome {
        match (self.run)(world, origin, Arguments::new(arguments)) {
            Ok(output) => Outcome { exit_code: 0, output },
            Err(failure) => failure.outcome(self.usage),
        }
    }
}

const fn reads(name: &'static str, usage: &'static str, run: Run) -> Program {
    Program { name, mutates: false, usage, run }
}

const fn mutates(name: &'static str, usage: &'static str, run: Run) -> Program {
    Program { name, mutates: true, usage, run }
}

/// All programs, by name.
const PROGRAMS: &[Program] = &[
    mutates("create-domain", include_str!("usage/create-domain.txt"), create_domain::run),
    mutates("create-plan", include_str!("usage/create-plan.txt"), plans::create),
    mutates("delete-domain", include_str!("usage/delete-domain.txt"), delete_domain::run),
    mutates("delete-plan", include_str!("usage/delete-plan.txt"), plans::delete),
    mutates("disable-domain", include_str!("usage/disable-domain.txt"), disable_domain::run),
    mutates("enable-domain", include_str!("usage/enable-domain.txt"), enable_domain::run),
    reads("info", include_str!("usage/info.txt"), machine::info),
    reads("list-commands", include_str!("usage/list-commands.txt"), machine::list_commands),
    reads("list-domains", include_str!("usage/list-domains.txt"), list_domains::run),
    reads("list-features", include_str!("usage/list-features.txt"), machine::list_features),
    reads(
        "list-php-versions",
        include_str!("usage/list-php-versions.txt"),
        machine::list_php_versions,
    ),
    reads("list-plans", include_str!("usage/list-plans.txt"), plans::list),
    reads("list-templates", include_str!("usage/list-templates.txt"), machine::list_templates),
    mutates("modify-domain", include_str!("usage/modify-domain.txt"), modify_domain::run),
];

/// Why there is no such program to run.
#[derive(Debug, PartialEq)]
pub(super) enum Missing {
    /// Its name has a character that no program has.
    InvalidName,
    /// No program is called so.
    Unknown(String),
}

impl Missing {
    /// What the server answers.
    pub(super) fn error(&self) -> String {
        match self {
            Self::InvalidName => "Invalid remote program name".into(),
            Self::Unknown(name) => format!("Remote program {name} does not exist"),
        }
    }
}

/// The program called `name`, if it is not one of those that the machine `lacks`.
pub(super) fn find(name: &str, lacks: &BTreeSet<String>) -> Result<&'static Program, Missing> {
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-') {
        return Err(Missing::InvalidName);
    }
    PROGRAMS
        .iter()
        .find(|program| program.name == name && !lacks.contains(name))
        .ok_or_else(|| Missing::Unknown(name.to_owned()))
}
