//! The only place that writes: results to standard output, words about them to standard error.

use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};

use console::Term;
use serde::Serialize;

use crate::{
    failure::Failure,
    field::Resource,
    options::Format,
    palette::{Colour, Palette},
    table,
};

/// How and in which colours to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    format: Format,
    results: Palette,
    words: Palette,
}

impl Output {
    pub(crate) fn new(format: Format, colours: bool) -> Self {
        Self {
            format,
            results: Palette::new(stdout().is_terminal(), colours),
            words: Palette::new(stderr().is_terminal(), colours),
        }
    }

    /// Colours for standard error.
    pub(crate) fn words(self) -> Palette {
        self.words
    }

    /// Writes a list.
    ///
    /// # Errors
    /// What cannot be written.
    pub(crate) fn list<T: Resource>(self, items: &[T]) -> Result<(), Failure> {
        if self.format != Format::Table {
            return self.data(&items);
        }
        if items.is_empty() {
            self.note(&format!("there are no such {}", T::PLURAL));
            return Ok(());
        }
        let rows: Vec<_> = items.iter().map(Resource::fields).collect();
        result(&table::table(&rows, width(), self.results))
    }

    /// Writes one thing.
    ///
    /// # Errors
    /// What cannot be written.
    pub(crate) fn one<T: Resource>(self, item: &T) -> Result<(), Failure> {
        if self.format != Format::Table {
            return self.data(item);
        }
        result(&table::details(&item.fields(), self.results))?;
        if !item.steps().is_empty() {
            result("")?;
            self.list(item.steps())?;
        }
        Ok(())
    }

    /// Writes text as it is.
    ///
    /// # Errors
    /// What cannot be written.
    pub(crate) fn text(self, text: &str) -> Result<(), Failure> {
        result(text.trim_end())
    }

    /// Says something beside the result.
    pub(crate) fn note(self, words: &str) {
        word(&self.words.paint(Colour::Dim, words));
    }

    /// Says why the command failed.
    pub(crate) fn failure(self, failure: &Failure) {
        word(&failure.report(self.words));
    }

    fn data(self, value: &impl Serialize) -> Result<(), Failure> {
        let text = match self.format {
            Format::Yaml => serde_saphyr::to_string(value)
                .map_err(|error| unwritable(std::io::Error::other(error.to_string())))?,
            Format::Json | Format::Table => {
                serde_json::to_string_pretty(value).map_err(|error| unwritable(error.into()))?
            }
        };
        self.text(&text)
    }
}

fn unwritable(source: std::io::Error) -> Failure {
    Failure::Local { what: "the answer cannot be written", source }
}

/// Writes a line to standard error.
pub(crate) fn word(line: &str) {
    let _ = writeln!(stderr(), "{line}");
}

/// A reader that went away (`praho jobs list | head`) is no failure, and no reason to panic as
/// `println!` would. A full disk is one: what is lost must not look like success.
fn result(line: &str) -> Result<(), Failure> {
    match writeln!(stdout(), "{line}").and_then(|()| stdout().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(unwritable(error)),
        _ => Ok(()),
    }
}

/// How wide a table may be; without a terminal as wide as it is.
fn width() -> Option<usize> {
    let terminal = stdout().is_terminal().then(Term::stdout)?;
    terminal.size_checked().map(|(_, columns)| usize::from(columns))
}
