//! The flags that list programs share (`commands-lib.pl` of 8.1.0, `parse_common_cli_flags`).

use crate::virtualmin::arguments::Arguments;
use crate::virtualmin::outcome::Failure;

/// The wanted layout. Such a program takes the first of these that it knows, and a table without any.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ListFlags {
    /// `--multiline` or `--simple-multiline`.
    pub(super) multiline: bool,
    /// `--name-only`.
    pub(super) names: bool,
    /// `--email-only`.
    pub(super) emails: bool,
}

impl ListFlags {
    /// Takes the flags, wherever they stand, before the program reads the others. So none of them is ever a value.
    pub(super) fn extract(arguments: &mut Arguments) -> Result<Self, Failure> {
        if arguments.extract("--help") {
            return Err(Failure::Help);
        }
        let multiline = arguments.extract("--multiline");
        Ok(Self {
            multiline: arguments.extract("--simple-multiline") || multiline,
            names: arguments.extract("--name-only"),
            emails: arguments.extract("--email-only"),
        })
    }
}
