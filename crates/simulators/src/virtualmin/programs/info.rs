//! `info`: the host, and the number of its virtual servers.

use super::text;
use super::view::View;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::world::{Origin, World};

/// The host's section, and with another `search` the count of virtual servers.
pub(super) fn run(
    world: &mut World,
    _: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let mut search = String::new();
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--search" => search = arguments.value(),
            "--multiline" => {}
            other => return Arguments::refuse(other),
        }
    }
    let view = View::of(world);
    let host = text::render(include_str!("templates/info.host.txt"), &view)?;
    let domains = text::render(include_str!("templates/info.domains.txt"), &view)?;
    let shown = |section: &str| search.is_empty() || section.contains(&search);
    Ok([host, domains].into_iter().filter(|section| shown(section)).collect())
}
