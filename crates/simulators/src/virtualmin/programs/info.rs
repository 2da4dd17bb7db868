//! `info`: the host, its load, memory and disk space, and the number of its virtual servers (recording 212; the rest as
//! `info.pl` of 8.1.0).

use super::text;
use super::view::View;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::world::{Origin, World};

/// The sections of the machine, by their keys. With `search`, those whose key has one of the words.
const SECTIONS: [(&str, &str); 5] = [
    ("disk_free disk_total", include_str!("templates/info.disk.txt")),
    ("domains", include_str!("templates/info.domains.txt")),
    ("host", include_str!("templates/info.host.txt")),
    ("load", include_str!("templates/info.load.txt")),
    ("mem", include_str!("templates/info.mem.txt")),
];

/// Runs the program.
pub(super) fn run(
    world: &mut World,
    _: &Origin,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let mut searches = Vec::new();
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--search" => searches.push(arguments.value()),
            "--multiline" => {}
            "--help" => return Err(Failure::Help),
            // Any other argument is searched for, too.
            _ => searches.push(flag),
        }
    }
    let view = View::of(world);
    let is_shown = |keys: &str| {
        searches.is_empty() || searches.iter().any(|search| keys.contains(search.as_str()))
    };
    let shown = SECTIONS.iter().filter(|(keys, _)| is_shown(keys));
    shown.map(|(_, template)| text::render(template, &view)).collect()
}
