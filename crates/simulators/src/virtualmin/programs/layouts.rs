//! Programs that report on the machine, where only the layout option changes the answer.

use super::text;
use super::view::View;
use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;

/// The templates of such a program, and the other flags that it accepts.
#[derive(Debug)]
pub(super) struct Layouts {
    /// The table for people, which is the default.
    pub(super) table: &'static str,
    /// For `--multiline`.
    pub(super) multiline: &'static str,
    /// For `--name-only`.
    pub(super) names: &'static str,
    /// Flags without a meaning here.
    pub(super) flags: &'static [&'static str],
    /// Flags with a value, also without a meaning here.
    pub(super) options: &'static [&'static str],
}

impl Layouts {
    /// Runs the program: the last flag of a layout counts.
    pub(super) fn run(&self, view: &View<'_>, mut arguments: Arguments) -> Result<String, Failure> {
        let mut template = self.table;
        while let Some(flag) = arguments.next() {
            match flag.as_str() {
                other if self.flags.contains(&other) => {}
                other if self.options.contains(&other) => drop(arguments.value()),
                "--multiline" => template = self.multiline,
                "--name-only" => template = self.names,
                other => return Arguments::refuse(other),
            }
        }
        text::render(template, view)
    }
}
