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

/// A table of rows with the same fields. `width` is the terminal's; `None` means no limit. Columns that are
/// empty in every row are left out.
pub(crate) fn table(rows: &[Vec<Field>], width: Option<usize>, palette: Palette) -> String {
    let mut columns = columns(rows);
    if let Some(width) = width {
        fit(&mut columns, width);
    }
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
    lines.join("\n")
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

fn columns(rows: &[Vec<Field>]) -> Vec<Column> {
    let Some(first) = rows.first() else { return Vec::new() };
    let column = |(index, field): (usize, &Field)| {
        let widest = rows.iter().map(|row| one_line(&row[index].value).chars().count()).max()?;
        let shown = field.place != Place::Detail && widest > 0;
        let width = widest.max(field.name.len());
        shown.then_some(Column { index, name: field.name, place: field.place, width })
    };
    first.iter().enumerate().filter_map(column).collect()
}

fn fit(columns: &mut Vec<Column>, width: usize) {
    let spare = |it: &Column| matches!(it.place, Place::Extra | Place::Words);
    while let excess @ 1.. = total(columns).saturating_sub(width)
        && let Some(last) = columns.iter().rposition(spare)
    {
        let column = &mut columns[last];
        let left = column.width.saturating_sub(excess);
        if column.place == Place::Words && left >= LEAST {
            column.width = left;
        } else {
            columns.remove(last);
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
