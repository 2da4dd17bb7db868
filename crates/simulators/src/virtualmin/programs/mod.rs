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
mod usage;

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
    mutates("create-domain", usage::CREATE_DOMAIN, create_domain::run),
    mutates("create-plan", usage::CREATE_PLAN, plans::create),
    mutates("delete-domain", usage::DELETE_DOMAIN, delete_domain::run),
    mutates("delete-plan", usage::DELETE_PLAN, plans::delete),
    mutates("disable-domain", usage::DISABLE_DOMAIN, disable_domain::run),
    mutates("enable-domain", usage::ENABLE_DOMAIN, enable_domain::run),
    reads("info", usage::INFO, machine::info),
    reads("list-commands", usage::LIST_COMMANDS, machine::list_commands),
    reads("list-domains", usage::LIST_DOMAINS, list_domains::run),
    reads("list-features", usage::LIST_FEATURES, machine::list_features),
    reads("list-php-versions", usage::LIST_PHP_VERSIONS, machine::list_php_versions),
    reads("list-plans", usage::LIST_PLANS, plans::list),
    reads("list-templates", usage::LIST_TEMPLATES, machine::list_templates),
    mutates("modify-domain", usage::MODIFY_DOMAIN, modify_domain::run),
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
