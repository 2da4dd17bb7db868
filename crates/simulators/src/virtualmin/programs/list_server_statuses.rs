//! `list-server-statuses`: whether the machine's servers run (as `list-server-statuses.pl` of 8.1.0).

use super::list_flags::ListFlags;
use super::text;
use super::view::View;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::world::{Origin, World};

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    _: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let flags = ListFlags::extract(&mut arguments)?;
    if let Some(flag) = arguments.next() {
        return Arguments::refuse(&flag);
    }
    let template = match flags.multiline {
        true => include_str!("templates/list-server-statuses.multiline.txt"),
        false => include_str!("templates/list-server-statuses.table.txt"),
    };
    text::render(template, &View::of(world))
}
