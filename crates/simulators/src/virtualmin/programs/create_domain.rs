//! `create-domain`: adds a virtual server.

use super::checks::require;
use super::create_options::Options;
use super::create_rules::{
    fault_of_domain, first_database, is_prefix, is_username, normal, stem, username,
};
use super::create_steps;
use super::machine::{self, Feature};
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::contents::MailAlias;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::plan::{Limits, Plan};
use crate::virtualmin::virtual_server::{Kind, VirtualServer};
use crate::virtualmin::world::{Origin, World};

/// Features that an alias can have.
const ALIAS_FEATURES: [&str; 4] = ["dns", "mail", "web", "ssl"];

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    arguments: Arguments,
) -> Result<String, Failure> {
    let options = Options::read(world, arguments)?;
    let mut server = checked(world, origin, &options)?;
    if server.has("mail") && !matches!(server.kind, Kind::Alias { .. }) {
        let contact = server.contact(&world.machine.hostname);
        server.contents.aliases = MailAlias::first(&contact);
    }
    if server.has("mysql") {
        server.contents.databases.push(first_database(&server.prefix));
    }
    let (domain, half_made) = (server.domain.clone(), server.half_made);
    let parent = server.parent().and_then(|parent| world.state.servers.get(parent)).cloned();
    let text = create_steps::text(&server, parent.as_ref());
    world.put(server);
    world.passwords.set(&domain, options.password);
    world.effect(origin, EffectKind::Created, &domain);
    if half_made { Err(Failure::Halted(text)) } else { Ok(text) }
}

/// Makes all checks of the real program, in its order.
fn checked(
    world: &mut World,
    origin: &Origin,
    options: &Options,
) -> Result<VirtualServer, Failure> {
    let top_level = options.parent.is_empty();
    require(!options.domain.is_empty(), "Missing domain name")?;
    require(!top_level || !options.password.is_empty(), "Missing password")?;
    let own_limits = top_level && options.any_limit() && !options.plan_limits;
    let both_quotas = options.quota.is_some() && options.user_quota.is_some();
    require(!own_limits || both_quotas, "No quota specified")?;
    check_features(options, top_level)?;

    let domain = normal(&options.domain);
    if let Some(fault) = fault_of_domain(&domain) {
        return Err(Failure::Usage(fault.into()));
    }
    let hosted = world.state.servers.contains_key(&domain);
    require(!hosted, "You are already hosting this domain")?;
    let parent = match top_level {
        true => None,
        false => Some(
            world
                .state
                .servers
                .get(&options.parent)
                .cloned()
                .ok_or_else(|| Failure::Usage("Parent domain does not exist".into()))?,
        ),
    };
    let (user, group) = match &parent {
        Some(parent) => (parent.username.clone(), parent.group.clone()),
        None => owner(world, options, &domain)?,
    };
    let plan = match (&options.plan, &parent) {
        (Some(plan), _) => plan.clone(),
        (None, Some(parent)) => world.plan_or_default(&parent.plan),
        (None, None) => Plan::default_plan(),
    };
    let limits = if own_limits { own(options)? } else { plan.limits.clone() };
    let given = !options.prefix.is_empty();
    let prefix = if given { options.prefix.clone() } else { stem(&domain).to_owned() };
    require(is_prefix(&prefix), "Missing or invalid mail username prefix")?;
    let features = features(&machine::features(&world.machine), options, &plan, parent.is_some());
    check_dependencies(&features, parent.is_some())?;
    if !options.skip_warnings && features.iter().any(|feature| feature == "mysql") {
        warn_of_databases(world, &user, &prefix, parent.is_some())?;
    }

    let (serial, id) = world.new_id(origin.now);
    let home = match &parent {
        None => format!("/home/{user}"),
        Some(parent) => format!("{}/domains/{domain}", parent.home),
    };
    Ok(VirtualServer {
        half_made: features.contains(&"unix".to_owned()) && user.starts_with('-'),
        description: if options.description.is_empty() { &domain } else { &options.description }
            .clone(),
        email: options.email.clone().or_else(|| parent.as_ref().and_then(|p| p.email.clone())),
        template: options.template.clone().unwrap_or_else(|| machine::initial_template(top_level)),
        kind: kind(options),
        password_set: top_level,
        created_at: origin.now.unix_timestamp(),
        plan: plan.id,
        username: user,
        group,
        domain,
        id,
        serial,
        prefix,
        home,
        features,
        limits,
        ..VirtualServer::default()
    })
}

fn kind(options: &Options) -> Kind {
    let parent = options.parent.clone();
    match (parent.is_empty(), options.alias) {
        (true, _) => Kind::TopLevel,
        (false, true) => Kind::Alias { of: parent, own_mail: options.own_mail },
        (false, false) => Kind::SubServer { parent },
    }
}

fn check_features(options: &Options, top_level: bool) -> Result<(), Failure> {
    let any = !options.features.is_empty() || options.default_features || options.plan_features;
    require(any, "No virtual server features enabled")?;
    require(
        top_level || !options.features.contains(&"unix"),
        "--unix option makes no sense for sub-servers",
    )?;
    match options.features.iter().find(|code| options.alias && !ALIAS_FEATURES.contains(code)) {
        Some(code) => {
            Err(Failure::Usage(format!("--{code} option makes no sense for alias servers")))
        }
        None => Ok(()),
    }
}

fn check_dependencies(features: &[String], has_parent: bool) -> Result<(), Failure> {
    let has = |code: &str| features.iter().any(|feature| feature == code);
    require(
        has_parent || has("unix") || !has("dir"),
        "A top-level virtual server with a home directory must have a Unix user",
    )?;
    require(
        !has("unix") || has("dir"),
        "A domain cannot have an administration user without a home directory",
    )
}

/// Warns of a database or a login of MySQL that belongs to no virtual server. Not recorded: `check_warnings_mysql` in
/// `feature-mysql.pl` of 8.1.0, which tells the first only. With `--skip-warnings` the real program hands both over to
/// the new virtual server (`setup_mysql`).
fn warn_of_databases(
    world: &World,
    user: &str,
    prefix: &str,
    has_parent: bool,
) -> Result<(), Failure> {
    let database = first_database(prefix);
    if world.machine.databases.contains(&database) {
        let warning = format!("A MySQL database named {database} already exists");
        return Err(Failure::Warned(vec![warning]));
    }
    if !has_parent && world.machine.database_users.contains(user) {
        let warning = format!(
            "A MySQL user named {user} already exists - try selecting a different administration username"
        );
        return Err(Failure::Warned(vec![warning]));
    }
    Ok(())
}

/// The names of the user and the group. A home directory that exists is no obstacle: the real program takes it over
/// (`feature-dir.pl` of 8.1.0, `check_dir_clash` and `create_domain_home_directory`).
fn owner(world: &World, options: &Options, domain: &str) -> Result<(String, String), Failure> {
    let user = if options.user.is_empty() {
        username(world, domain).ok_or_else(|| {
            Failure::Usage(format!(
                "Could not automatically choose a username for {domain}: both are taken"
            ))
        })?
    } else {
        require(is_username(&options.user), "Missing or invalid administrator username")?;
        let taken = world.has_user(&options.user);
        require(!taken, "The specified administration user already exists")?;
        options.user.clone()
    };
    let group = if options.group.is_empty() { &user } else { &options.group };
    if world.has_group(group) {
        // The recorded "A unix group named … already exists" belongs to a group that came into being between the two
        // checks of the real program. This is the line of the first check (`create-domain.pl` of 8.1.0).
        let message = format!("An administration group named {group} already exists");
        return Err(Failure::Usage(message));
    }
    Ok((user.clone(), group.clone()))
}

fn features(offered: &[Feature], options: &Options, plan: &Plan, has_parent: bool) -> Vec<String> {
    let planned = plan.features.as_ref().filter(|_| options.plan_features);
    let automatic = options.default_features || (options.plan_features && planned.is_none());
    let fits = |code: &str| {
        (!has_parent || !matches!(code, "unix" | "webmin"))
            && (!options.alias || ALIAS_FEATURES.contains(&code))
    };
    offered
        .iter()
        .filter(|feature| match planned {
            Some(planned) => feature.enabled && planned.iter().any(|code| code == feature.code),
            None if automatic => feature.enabled && feature.default,
            None => options.features.contains(&feature.code),
        })
        .filter(|feature| fits(feature.code))
        .map(|feature| feature.code.to_owned())
        .collect()
}

fn own(options: &Options) -> Result<Limits, Failure> {
    let quota = |text: &Option<String>, what: &str| match text.as_deref().unwrap_or_default() {
        "UNLIMITED" => Ok(0),
        digits => number(digits, &format!("Missing or invalid {what} quota")),
    };
    let limit = |text: &Option<String>, what: &str| match text.as_deref() {
        None | Some("*") => Ok(None),
        Some(digits) => number(digits, &format!("Missing or invalid {what} limit")).map(Some),
    };
    Ok(Limits {
        quota_blocks: quota(&options.quota, "total")?,
        user_quota_blocks: quota(&options.user_quota, "user")?,
        bandwidth_bytes: match options.bandwidth.as_deref() {
            None | Some("NONE") => 0,
            Some(digits) => number(digits, "Missing or invalid bandwidth limit")?,
        },
        mailboxes: limit(&options.mailboxes, "mailbox")?,
        databases: limit(&options.databases, "database")?,
        aliases: limit(&options.aliases, "mail alias")?,
        sub_servers: match options.sub_servers {
            None => Some(0),
            Some(_) => limit(&options.sub_servers, "sub-server")?,
        },
        alias_servers: limit(&options.alias_servers, "alias server")?,
        real_servers: limit(&options.real_servers, "non-alias server")?,
    })
}

fn number(digits: &str, otherwise: &str) -> Result<u64, Failure> {
    digits.parse().map_err(|_| Failure::Usage(otherwise.to_owned()))
}
