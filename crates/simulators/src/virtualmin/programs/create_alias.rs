//! `create-alias` and `create-simple-alias`: add a mail alias (recordings 160 to 162; the rest as `create-alias.pl` and
//! `create-simple-alias.pl` of 8.1.0). Of the second, only destinations with `--forward` are simulated.

use super::checks::{require, server};
use super::mailbox_rules::check_characters;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::contents::MailAlias;
use crate::virtualmin::effect::EffectKind;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::world::{Origin, World};

/// The command line.
#[derive(Default)]
struct Options {
    domain: String,
    from: String,
    to: Vec<String>,
}

/// `create-alias`. It refuses a catch-all, although its usage offers one: `valid_alias_name` forbids the star.
pub(super) fn run(
    world: &mut World,
    origin: &Origin,
    arguments: Arguments,
) -> Result<String, Failure> {
    let options = Options::read(arguments, "--to", |_| Ok(()))?;
    require(!options.from.is_empty(), "No from address specified")?;
    require(!options.to.is_empty(), "No destination addresses specified")?;
    create(world, origin, options, |from| {
        let invalid = "Invalid alias name : Missing or invalid username";
        require(check_characters(from).is_ok(), invalid)
    })
}

/// `create-simple-alias`, which takes a catch-all.
pub(super) fn run_simple(
    world: &mut World,
    origin: &Origin,
    arguments: Arguments,
) -> Result<String, Failure> {
    let options = Options::read(arguments, "--forward", |address| {
        let is_address = address.contains('@') && !address.contains(char::is_whitespace);
        require(is_address, "Invalid email address for --forward")
    })?;
    require(!options.to.is_empty(), "No destination specified")?;
    create(world, origin, options, |_| Ok(()))
}

impl Options {
    fn read(
        mut arguments: Arguments,
        destination: &str,
        check: impl Fn(&str) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let mut options = Self::default();
        while let Some(flag) = arguments.next() {
            match flag.as_str() {
                "--domain" => options.domain = arguments.value(),
                "--from" => options.from = arguments.value(),
                flag if flag == destination => {
                    let address = arguments.value();
                    check(&address)?;
                    options.to.push(address);
                }
                // The length of the recorded usage shows that the machine's mail server has no comments.
                "--desc" => {
                    require(false, "Your mail server does not support alias descriptions")?;
                }
                "--multiline" => {}
                other => return Arguments::refuse(other),
            }
        }
        Ok(options)
    }
}

fn create(
    world: &mut World,
    origin: &Origin,
    Options { domain, from, to }: Options,
    check_name: impl Fn(&str) -> Result<(), Failure>,
) -> Result<String, Failure> {
    let mut server = server(&world.state, &domain)?;
    let without_mail = format!("Virtual server {domain} does not have email enabled");
    require(server.has("mail"), &without_mail)?;
    require(!from.contains('@'), "No domain name is needed in the --from parameter")?;
    check_name(&from)?;
    let from = MailAlias::stored_name(&from).to_owned();
    let clash = server.contents.aliases.iter().any(|alias| alias.from == from);
    require(!clash, "An alias for the same email address already exists")?;
    let text = format!("Alias for {from}@{domain} created successfully\n");
    server.contents.aliases.push(MailAlias { from, to });
    world.put(server);
    world.effect(origin, EffectKind::Created, &domain);
    Ok(text)
}
