//! Makes a program's answer from a template in `templates/`, made after recorded answers.
//!
//! The templates are in Jinja's language. Each tag has a line of its own, which adds nothing to the text. Nothing
//! is escaped, and an unknown value is an error.

use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, Value};

use super::view::View;
use crate::virtualmin::clock;
use crate::virtualmin::outcome::Failure;
use crate::virtualmin::size::{pretty, pretty_blocks};

/// Renders `template` with the values of `view`.
///
/// # Errors
/// If the template is wrong: the program then stops and prints the reason.
pub(super) fn render(template: &str, view: &View<'_>) -> Result<String, Failure> {
    let text = environment().render_str(template, view);
    text.map_err(|error| Failure::Halted(format!("{error:#}\n")))
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_keep_trailing_newline(true);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_filter("blocks", pretty_blocks);
    environment.add_filter("bytes", pretty);
    environment.add_filter("column", column);
    environment.add_filter("limit", limit);
    environment.add_filter("local_time", clock::local_seconds);
    environment.add_filter("padded", padded);
    environment.add_filter("words", words);
    environment.add_filter("yes_or_no", yes_or_no);
    environment
}

/// The text as Perl's `%-30.30s` prints it: cut to its width in bytes, even inside a letter.
fn column(text: &str, width: usize) -> String {
    let mut bytes = text.as_bytes()[..text.len().min(width)].to_vec();
    bytes.resize(width, b' ');
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The number; for no limit the text `none`, or `Unlimited`.
fn limit(limit: Value, none: Option<&str>) -> Result<String, Error> {
    // Not an `Option<u64>`, which would read an unknown value as no limit.
    if limit.is_none() {
        return Ok(none.unwrap_or("Unlimited").to_owned());
    }
    u64::try_from(limit).map(|number| number.to_string())
}

/// The text as Perl's `%-30s` prints it: complete, however long.
fn padded(text: &str, width: usize) -> String {
    format!("{text:<width$}")
}

fn words(words: Vec<String>) -> String {
    words.join(" ")
}

fn yes_or_no(holds: bool) -> &'static str {
    if holds { "Yes" } else { "No" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::virtualmin::state::State;
    use crate::virtualmin::world::{Machine, World};

    fn rendered(template: &str) -> Result<String, Failure> {
        let world = World::new(State::fresh(), Machine::new("<b>.test".into()), None);
        render(template, &View::of(&world))
    }

    #[test]
    fn a_column_is_cut_in_bytes() {
        let cut = column("Café Ünïcode 日本語 & <b>\"q\"</b>", 30);
        assert_eq!(cut, "Café Ünïcode 日本語 & <b");
        assert_eq!(column("日本", 4), "日\u{fffd}");
        assert_eq!(column("beta", 6), "beta  ");
    }

    #[test]
    fn no_limit_is_a_word_and_a_limit_of_nothing_is_a_number() {
        let template = "{{ none|limit }} {{ none|limit('*') }} {{ 0|limit('*') }}";
        assert_eq!(rendered(template).unwrap(), "Unlimited * 0");
    }

    #[test]
    fn tags_leave_no_lines_and_values_are_not_escaped() {
        let template = "{# Made up. #}\n{% if server_count == 0 %}\n    Host: {{ machine.hostname }}\n{% endif %}\n";
        assert_eq!(rendered(template).unwrap(), "    Host: <b>.test\n");
    }

    #[test]
    fn a_value_that_does_not_exist_is_an_error() {
        for template in ["{{ nosuch }}", "{{ machine.nosuch|limit }}", "{% if nosuch %}{% endif %}"]
        {
            let result = rendered(template);
            assert!(matches!(result, Err(Failure::Halted(_))), "{template}: {result:?}");
        }
    }
}
