//! Writes everything: results to standard output, notes and errors to standard error.

use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};

use console::Term;
use serde::Serialize;

use crate::{
    failure::Failure,
    field::Resource,
    listing::List,
    options::Format,
    palette::{Colour, Palette},
    table::{self, Space},
};

/// The format and the colours of output.
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
    /// If standard output cannot be written.
    pub(crate) fn list<T: Resource>(self, list: &List<T>) -> Result<(), Failure> {
        if !self.is_table() {
            return self.data(list);
        }
        if list.items.is_empty() {
            self.note(&format!("there are no such {}", T::PLURAL));
            return Ok(());
        }
        self.table(&list.items)?;
        if !list.next_page_token.is_empty() {
            self.note(&format!("there may be more: --page-token {}", list.next_page_token));
        }
        Ok(())
    }

    fn is_table(self) -> bool {
        matches!(self.format, Format::Table | Format::Wide)
    }

    fn table<T: Resource>(self, items: &[T]) -> Result<(), Failure> {
        let rows: Vec<_> = items.iter().map(Resource::fields).collect();
        let space = match self.format {
            Format::Wide => Space::Wide,
            _ => width().map_or(Space::Unlimited, Space::Columns),
        };
        let table = table::table(&rows, space, self.results);
        result(&table.text)?;
        if !table.left_out.is_empty() {
            self.note(&format!(
                "left out for lack of room: {}; -o wide shows every column",
                table.left_out.join(", ")
            ));
        }
        Ok(())
    }

    /// Writes one thing.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub(crate) fn one<T: Resource>(self, item: &T) -> Result<(), Failure> {
        if !self.is_table() {
            return self.data(item);
        }
        result(&table::details(&item.fields(), self.results))?;
        if !item.steps().is_empty() {
            result("")?;
            self.table(item.steps())?;
        }
        Ok(())
    }

    /// Writes text unchanged, without white space at its end.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub(crate) fn text(self, text: &str) -> Result<(), Failure> {
        result(text.trim_end())
    }

    /// Writes one thing as JSON on one line, whatever the format.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub(crate) fn line(self, value: &impl Serialize) -> Result<(), Failure> {
        result(&serde_json::to_string(value).map_err(|error| unwritable(error.into()))?)
    }

    /// Writes a note about the result.
    pub(crate) fn note(self, words: &str) {
        word(&self.words.paint(Colour::Dim, words));
    }

    /// Reports why the command failed.
    pub(crate) fn failure(self, failure: &Failure) {
        word(&failure.report(self.words));
    }

    fn data(self, value: &impl Serialize) -> Result<(), Failure> {
        let text = match self.format {
            Format::Yaml => serde_saphyr::to_string(value)
                .map_err(|error| unwritable(std::io::Error::other(error.to_string())))?,
            Format::Json | Format::Table | Format::Wide => {
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

/// A closed pipe (`praho jobs list | head`) is no failure here, and `println!` would panic. A full disk is a
/// failure, because lost output must not look like success.
fn result(line: &str) -> Result<(), Failure> {
    match writeln!(stdout(), "{line}").and_then(|()| stdout().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(unwritable(error)),
        _ => Ok(()),
    }
}

/// The width of the terminal; `None` without one, so that tables have no limit.
fn width() -> Option<usize> {
    let terminal = stdout().is_terminal().then(Term::stdout)?;
    terminal.size_checked().map(|(_, columns)| usize::from(columns))
}
