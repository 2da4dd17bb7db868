//! The command line of `create-domain`.

use super::machine::{Feature, features};
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::plan::Plan;
use crate::virtualmin::state::State;
use crate::virtualmin::world::World;

/// The values of the command line; missing ones are `None` or empty.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) domain: String,
    pub(super) password: String,
    pub(super) user: String,
    pub(super) group: String,
    pub(super) email: Option<String>,
    pub(super) description: String,
    pub(super) prefix: String,
    pub(super) plan: Option<Plan>,
    pub(super) template: Option<String>,
    pub(super) parent: String,
    pub(super) alias: bool,
    pub(super) own_mail: bool,
    pub(super) features: Vec<&'static str>,
    pub(super) default_features: bool,
    pub(super) plan_features: bool,
    pub(super) plan_limits: bool,
    pub(super) skip_warnings: bool,
    pub(super) quota: Option<String>,
    pub(super) user_quota: Option<String>,
    pub(super) bandwidth: Option<String>,
    pub(super) mailboxes: Option<String>,
    pub(super) databases: Option<String>,
    pub(super) aliases: Option<String>,
    pub(super) sub_servers: Option<String>,
    pub(super) alias_servers: Option<String>,
    pub(super) real_servers: Option<String>,
}

impl Options {
    /// Reads the command line from left to right, up to the first error.
    pub(super) fn read(world: &World, mut arguments: Arguments) -> Result<Self, Failure> {
        let mut options = Self::default();
        while let Some(flag) = arguments.next() {
            options.take(world, &flag, &mut arguments)?;
        }
        Ok(options)
    }

    /// Whether any quota or limit was given, so that not all come from the plan.
    pub(super) fn any_limit(&self) -> bool {
        [
            &self.quota,
            &self.user_quota,
            &self.bandwidth,
            &self.mailboxes,
            &self.databases,
            &self.aliases,
            &self.sub_servers,
            &self.alias_servers,
            &self.real_servers,
        ]
        .iter()
        .any(|limit| limit.is_some())
    }

    fn take(
        &mut self,
        world: &World,
        flag: &str,
        arguments: &mut Arguments,
    ) -> Result<(), Failure> {
        let name = flag.strip_prefix("--").unwrap_or_default();
        if let Some(feature) = features(&world.machine).iter().find(|it| it.code == name) {
            return self.take_feature(feature);
        }
        match name {
            "domain" => self.domain = arguments.value(),
            "pass" | "passfile" => self.password = arguments.value(),
            "user" => self.user = arguments.lower(),
            "group" => self.group = arguments.value(),
            "prefix" => self.prefix = arguments.value(),
            "desc" => self.description = description(arguments)?,
            "email" => self.email = Some(email(arguments)?),
            "plan" => self.plan = Some(plan(&world.state, arguments)?),
            "template" => {
                self.template = Some(super::machine::template(&world.state, &arguments.value())?)
            }
            "parent" => self.parent = arguments.lower(),
            "alias" | "alias-with-mail" => {
                self.parent = arguments.lower();
                self.alias = true;
                self.own_mail = name == "alias-with-mail";
            }
            "default-features" => self.default_features = true,
            "features-from-plan" => self.plan_features = true,
            "limits-from-plan" => self.plan_limits = true,
            "quota" => self.quota = Some(arguments.value()),
            "uquota" => self.user_quota = Some(arguments.value()),
            "bandwidth" => self.bandwidth = Some(arguments.value()),
            "max-mailboxes" => self.mailboxes = Some(arguments.value()),
            "max-dbs" => self.databases = Some(arguments.value()),
            "max-aliases" => self.aliases = Some(arguments.value()),
            "max-doms" => self.sub_servers = Some(arguments.value()),
            "max-aliasdoms" => self.alias_servers = Some(arguments.value()),
            "max-realdoms" => self.real_servers = Some(arguments.value()),
            // The real program reads these too. They have no meaning on a machine without services.
            "db" | "ip" | "shared-ip" | "mysql-pass" | "mode" | "shell" | "pre-command"
            | "post-command" => drop(arguments.value()),
            "skip-warnings" => self.skip_warnings = true,
            "no-email" | "generate-ssl-cert" | "acme" | "acme-never" | "multiline" => {}
            _ => return Arguments::refuse(flag),
        }
        Ok(())
    }

    fn take_feature(&mut self, feature: &Feature) -> Result<(), Failure> {
        if !feature.enabled {
            return Err(Failure::Usage(format!(
                "The --{} option cannot be used unless the feature is enabled in the module configuration",
                feature.code
            )));
        }
        self.features.push(feature.code);
        Ok(())
    }
}

/// The value of `--desc`.
pub(super) fn description(arguments: &mut Arguments) -> Result<String, Failure> {
    let description = arguments.value();
    if description.contains(':') {
        return Err(Failure::Usage("Description cannot contain the : character".into()));
    }
    Ok(description)
}

/// The value of `--email`.
pub(super) fn email(arguments: &mut Arguments) -> Result<String, Failure> {
    let email = arguments.value_unless_flag().unwrap_or_default();
    let valid = email.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty() && !host.is_empty() && !email.contains(char::is_whitespace)
    });
    if valid {
        Ok(email)
    } else {
        Err(Failure::Usage("--email must be followed by a valid email address".into()))
    }
}

fn plan(state: &State, arguments: &mut Arguments) -> Result<Plan, Failure> {
    state
        .plan(&arguments.value())
        .cloned()
        .ok_or_else(|| Failure::Usage("Unknown plan name".into()))
}
