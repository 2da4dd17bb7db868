//! Which columns fit, and which are shortened or left out.

use super::*;

const ID: &str = "01a1fced-f38e-77b3-bb8a-77ba87004cd7";

fn row(domain: &str, status: &str, server: &str) -> Vec<Field> {
    vec![
        Field::new(Place::Whole, "id", ID),
        Field::new(Place::Text, "domain", domain),
        Field::new(Place::Status, "status", status),
        Field::new(Place::Extra, "server", server),
        Field::new(Place::Extra, "note", ""),
        Field::new(Place::Detail, "placement", "why"),
    ]
}

fn rows() -> Vec<Vec<Field>> {
    vec![row("exemplu.ro", "active", ID), row("un-domeniu-destul-de-lung.ro", "failed", ID)]
}

fn widest(text: &str) -> usize {
    text.lines().map(|it| it.chars().count()).max().unwrap()
}

#[test]
fn without_a_terminal_everything_is_shown() {
    let text = table(&rows(), Space::Unlimited, Palette::plain()).text;
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].contains("SERVER") && !lines[0].contains("PLACEMENT"), "{text}");
    assert!(!lines[0].contains("NOTE"), "an empty column is left out: {text}");
    assert!(lines[2].contains("un-domeniu-destul-de-lung.ro"), "{text}");
}

#[test]
fn a_narrow_terminal_keeps_ids_whole() {
    for width in [66, 70, 80, 100] {
        let text = table(&rows(), Space::Columns(width), Palette::plain()).text;
        assert!(widest(&text) <= width, "{width}: {text}");
        assert!(text.lines().skip(1).all(|it| it.starts_with(ID)), "{text}");
        assert!(!text.contains("SERVER"), "{text}");
    }
    let text = table(&rows(), Space::Columns(66), Palette::plain()).text;
    assert!(text.contains('…') && text.contains("failed"), "{text}");
}

#[test]
fn columns_stand_below_each_other_in_colour_too() {
    let strip = |text: &str| {
        let parts = text.split('\u{1b}').map(|it| it.split_once('m').map_or(it, |it| it.1));
        let lines: String = parts.collect();
        lines.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    };
    let plain = table(&rows(), Space::Columns(80), Palette::plain()).text;
    // No cell after an escape has an "m", so the first "m" ends the escape.
    assert_eq!(strip(&table(&rows(), Space::Columns(80), Palette::new(true, true)).text), plain);
}

#[test]
fn values_cannot_steer_the_terminal() {
    let rows = [row("a\u{1b}[2Jb\nc", "active", "")];
    let text = table(&rows, Space::Unlimited, Palette::plain()).text;
    assert_eq!(text.lines().count(), 2);
    assert!(!text.contains('\u{1b}'));
    assert!(!details(&rows[0], Palette::plain()).contains('\u{1b}'));
}

#[test]
fn a_single_thing_leaves_out_what_is_empty() {
    let text = details(&row("exemplu.ro", "active", ""), Palette::plain());
    assert_eq!(
        text,
        format!("id:         {ID}\ndomain:     exemplu.ro\nstatus:     active\nplacement:  why")
    );
}

#[test]
fn spare_words_are_shortened_before_they_are_left_out() {
    let said = "quota differs in a way that takes a long line to tell";
    let row = vec![
        Field::new(Place::Whole, "id", ID),
        Field::new(Place::Words, "seen", said),
        Field::new(Place::Extra, "server", ID),
    ];
    let at =
        |width| table(std::slice::from_ref(&row), Space::Columns(width), Palette::plain()).text;
    assert!(at(200).contains(said) && at(200).contains("SERVER"));
    let text = at(60);
    assert!(text.contains("quota") && text.contains('…') && !text.contains("SERVER"), "{text}");
    assert_eq!(widest(&text), 60);
    assert!(!at(48).contains("SEEN"));
}

#[test]
fn what_does_not_fit_is_named_and_shown_in_a_wide_table() {
    let mut row = row("exemplu.ro", "active", "vm1");
    row.push(Field::new(Place::Wide, "plan id", "7f"));
    row.push(Field::new(Place::Extra, "made", "2026"));
    let at = |space| table(std::slice::from_ref(&row), space, Palette::plain());
    assert_eq!(at(Space::Columns(60)).left_out, ["server", "made"]);
    assert_eq!(at(Space::Columns(66)).left_out, ["made"]);
    assert!(at(Space::Columns(90)).left_out.is_empty());
    assert!(!at(Space::Unlimited).text.contains("PLAN ID"));
    let wide = at(Space::Wide).text;
    assert!(
        wide.contains("PLAN ID") && wide.contains("MADE") && !wide.contains("PLACEMENT"),
        "{wide}"
    );
}
