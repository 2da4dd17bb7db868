//! `check-config`: tests the configuration of the machine, as the source of 8.1.0 does (`check-config.pl`; the words are
//! those of `lang/en`, `check_webok` and `check_ewebconfig`). There is no recording of it.

use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::web_server::WebServer;
use crate::virtualmin::world::{Origin, World};

/// The complaint about a wrong line, in the words of Apache 2.4.
const COMPLAINT: &str = "ERROR: Apache configuration errors were found : AH00526: Syntax error on line 1 of \
/etc/apache2/conf-enabled/bad.conf: Invalid command 'Nonsense', perhaps misspelled or defined by a module not included \
in the server configuration\n";

/// Prints what is in order, and the first thing that is not.
pub(super) fn run(
    world: &mut World,
    _: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    while let Some(flag) = arguments.next() {
        if flag != "--multiline" {
            return Arguments::refuse(&flag);
        }
    }
    match world.machine.web_server {
        WebServer::BrokenConfiguration => Err(Failure::Halted(COMPLAINT.to_owned())),
        _ => Ok("Apache is installed\n\n".to_owned()),
    }
}
