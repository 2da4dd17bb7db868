//! What follows a virtual server when its domain, user or home changes.

use crate::virtualmin::state::Change;
use crate::virtualmin::virtual_server::{Kind, VirtualServer};
use crate::virtualmin::world::World;

/// Stores `new` in the place of `old`. Its sub-servers, aliases and passwords, and the mail aliases to its owner, follow it.
pub(super) fn rename(world: &mut World, old: &VirtualServer, mut new: VirtualServer) {
    // As the step "Updating aliases for contact address" says.
    let hostname = &world.machine.hostname;
    let (old_contact, new_contact) = (old.contact(hostname), new.contact(hostname));
    for address in new.contents.aliases.iter_mut().flat_map(|alias| &mut alias.to) {
        if *address == old_contact {
            address.clone_from(&new_contact);
        }
    }
    for child in world.state.children(&old.domain) {
        let kind = moved(child.kind.clone(), &old.domain, &new.domain);
        let home = match child.home.strip_prefix(&format!("{}/", old.home)) {
            Some(rest) => format!("{}/{rest}", new.home),
            None => child.home.clone(),
        };
        world.put(VirtualServer { kind, home, username: new.username.clone(), ..child });
    }
    world.passwords.rename(&old.domain, &new.domain);
    if new.domain != old.domain {
        world.change(Change::Remove(old.domain.clone()));
    }
    world.put(new);
}

/// Changes the domain of the parent, so that sub-servers and aliases follow a renamed server.
fn moved(kind: Kind, old: &str, new: &str) -> Kind {
    let renamed = |domain: String| if domain == old { new.to_owned() } else { domain };
    match kind {
        Kind::TopLevel => Kind::TopLevel,
        Kind::SubServer { parent } => Kind::SubServer { parent: renamed(parent) },
        Kind::Alias { of, own_mail } => Kind::Alias { of: renamed(of), own_mail },
    }
}
