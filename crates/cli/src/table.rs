//! Tables that fit the terminal, and single things as a list of names and values.

use crate::{
    field::{Field, Place},
    palette::{Colour, Palette},
};

/// The space between two columns.
const GAP: usize = 2;
/// The least width of a shortened text.
const LEAST: usize = 12;

/// One column of a table.
struct Column {
    index: usize,
    name: &'static str,
    place: Place,
    width: usize,
}

/// The room for a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Space {
    /// The columns of a terminal.
    Columns(usize),
    /// Not on a terminal: no limit.
    Unlimited,
    /// No limit, and the columns of wide tables too.
    Wide,
}

/// A table as text.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) text: String,
    /// The names of the columns that did not fit.
    pub(crate) left_out: Vec<&'static str>,
}

/// A table of rows with the same fields. Columns that are empty in every row are left out.
pub(crate) fn table(rows: &[Vec<Field>], space: Space, palette: Palette) -> Table {
    let mut columns = columns(rows, space == Space::Wide);
    let left_out = match space {
        Space::Columns(width) => fit(&mut columns, width),
        Space::Unlimited | Space::Wide => Vec::new(),
    };
    let header = columns.iter().map(|it| padded(&it.name.to_uppercase(), it.width));
    let header: Vec<_> = header.map(|it| palette.paint(Colour::Bold, &it)).collect();
    let mut lines = vec![line(&header)];
    for row in rows {
        let cells: Vec<_> = columns
            .iter()
            .map(|column| {
                let value = one_line(&row[column.index].value);
                let cell = padded(&shortened(&value, column.width), column.width);
                if column.place == Place::Status { palette.status(&value, &cell) } else { cell }
            })
            .collect();
        lines.push(line(&cells));
    }
    Table { text: lines.join("\n"), left_out }
}

/// One thing, with each value on its own line; empty values are left out.
pub(crate) fn details(fields: &[Field], palette: Palette) -> String {
    let fields: Vec<_> = fields.iter().filter(|it| !it.value.is_empty()).collect();
    let width = fields.iter().map(|it| it.name.len() + 1).max().unwrap_or_default();
    let lines = fields.iter().map(|field| {
        let name = padded(&format!("{}:", field.name), width);
        let value = one_line(&field.value);
        let value = match field.place {
            Place::Status => palette.status(&value, &value),
            _ => value,
        };
        format!("{}  {value}", palette.paint(Colour::Bold, &name))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn columns(rows: &[Vec<Field>], wide: bool) -> Vec<Column> {
    let Some(first) = rows.first() else { return Vec::new() };
    let column = |(index, field): (usize, &Field)| {
        let widest = rows.iter().map(|row| one_line(&row[index].value).chars().count()).max()?;
        let has_column = match field.place {
            Place::Detail => false,
            Place::Wide => wide,
            _ => true,
        };
        let shown = has_column && widest > 0;
        let width = widest.max(field.name.len());
        shown.then_some(Column { index, name: field.name, place: field.place, width })
    };
    first.iter().enumerate().filter_map(column).collect()
}

/// Fits the columns into a width; returns the names of those that are left out.
fn fit(columns: &mut Vec<Column>, width: usize) -> Vec<&'static str> {
    let mut left_out = Vec::new();
    let spare = |it: &Column| matches!(it.place, Place::Extra | Place::Words);
    while let excess @ 1.. = total(columns).saturating_sub(width)
        && let Some(last) = columns.iter().rposition(spare)
    {
        let column = &mut columns[last];
        let left = column.width.saturating_sub(excess);
        if column.place == Place::Words && left >= LEAST {
            column.width = left;
        } else {
            left_out.insert(0, columns.remove(last).name);
        }
    }
    while let excess @ 1.. = total(columns).saturating_sub(width)
        && let Some(widest) = columns
            .iter_mut()
            .filter(|it| it.place == Place::Text && it.width > LEAST)
            .max_by_key(|it| it.width)
    {
        widest.width = widest.width.saturating_sub(excess).max(LEAST);
    }
    left_out
}

fn total(columns: &[Column]) -> usize {
    let gaps = GAP * columns.len().saturating_sub(1);
    columns.iter().map(|it| it.width).sum::<usize>() + gaps
}

fn padded(text: &str, width: usize) -> String {
    format!("{text:width$}")
}

fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// Text from elsewhere must not break the table or control the terminal.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}

fn line(cells: &[String]) -> String {
    cells.join(&" ".repeat(GAP)).trim_end().to_owned()
}

#[cfg(test)]
mod tests;
