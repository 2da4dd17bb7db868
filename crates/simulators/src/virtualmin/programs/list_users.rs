//! `list-users`: the mailbox users of virtual servers (recordings 145 to 152; the rest as `list-users.pl` of 8.1.0).

use super::checks::require;
use super::list_flags::ListFlags;
use super::mailbox_rules::short;
use super::selection::by_names;
use super::text;
use super::view::{Server, View};
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::contents::Mailbox;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::virtual_server::VirtualServer;
use crate::virtualmin::world::{Origin, World};

#[derive(Default)]
struct Options {
    domains: Vec<String>,
    owners: Vec<String>,
    all: bool,
    include_owner: bool,
    names: Vec<String>,
    simple_aliases: bool,
}

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    _: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let flags = ListFlags::extract(&mut arguments)?;
    let options = Options::read(arguments)?;
    let mut servers = match options.all {
        true => world.state.servers.values().cloned().collect(),
        false => by_names(&world.state, &options.domains, &options.owners, &[])?,
    };
    servers.iter_mut().for_each(|server| options.choose(server));
    let mut view = View::of(world);
    view.servers = servers.iter().map(|server| Server::of(world, server)).collect();
    view.simple = options.simple_aliases;
    let template = if flags.multiline {
        include_str!("templates/list-users.multiline.txt")
    } else if flags.names {
        include_str!("templates/list-users.names.txt")
    } else if flags.emails {
        include_str!("templates/list-users.emails.txt")
    } else {
        include_str!("templates/list-users.table.txt")
    };
    text::render(template, &view)
}

impl Options {
    fn read(mut arguments: Arguments) -> Result<Self, Failure> {
        let mut options = Self::default();
        while let Some(flag) = arguments.next() {
            match flag.as_str() {
                "--domain" => options.domains.push(arguments.value()),
                "--domain-user" => options.owners.push(arguments.value()),
                "--all-domains" => options.all = true,
                "--include-owner" => options.include_owner = true,
                "--user" => options.names.push(arguments.value()),
                "--simple-aliases" => options.simple_aliases = true,
                "--mail-size" => {}
                other => return Arguments::refuse(other),
            }
        }
        let any = options.all || !options.domains.is_empty() || !options.owners.is_empty();
        require(any, "No domains or users specified")?;
        Ok(options)
    }

    /// Leaves the wanted users, the administration user before all others.
    fn choose(&self, server: &mut VirtualServer) {
        if self.include_owner && server.parent().is_none() {
            server.contents.mailboxes.insert(0, owner(server));
        }
        let names = &self.names;
        let (chosen, rest) = std::mem::take(&mut server.contents.mailboxes).into_iter().partition(
            |mailbox: &Mailbox| {
                let shown = short(&mailbox.unix_name, server);
                names.is_empty() || names.iter().any(|it| *it == mailbox.unix_name || it == shown)
            },
        );
        drop::<Vec<Mailbox>>(rest);
        server.contents.mailboxes = chosen;
    }
}

/// The administration user as a mailbox user.
fn owner(server: &VirtualServer) -> Mailbox {
    let locked = server.disabled.as_ref().map(|disabled| &disabled.features);
    Mailbox {
        name: server.username.clone(),
        unix_name: server.username.clone(),
        real_name: server.description.clone(),
        home: server.home.clone(),
        shell: "/bin/bash".to_owned(),
        quota_blocks: server.limits.user_quota_blocks,
        has_email: server.has("mail"),
        disabled: locked.is_some_and(|features| features.contains(&"unix".to_owned())),
        password_changes: server.password_changes,
        ..Mailbox::default()
    }
}
