//! The XML form of answers: scalars are attributes of `<api>`, lists are `<data>` elements.

use std::fmt::Write as _;

use super::listing::Item;
use super::outcome::Outcome;

/// The body for a program that ran, with `data` if its output was turned into objects.
pub(super) fn of_outcome(program: &str, outcome: &Outcome, data: Option<Vec<Item>>) -> String {
    let program = escape(program);
    if outcome.exit_code != 0 {
        let (error, full) = (escape(outcome.error()), escape(&outcome.output));
        return format!(
            "<api command=\"{program}\" error=\"{error}\" full_error=\"{full}\" status=\"failure\" />\n"
        );
    }
    let Some(items) = data else {
        let output = escape(&outcome.output);
        return format!("<api command=\"{program}\" output=\"{output}\" status=\"success\" />\n");
    };
    let mut body = format!("<api command=\"{program}\" status=\"success\">\n");
    items.iter().for_each(|item| element(&mut body, item));
    body.push_str("</api>\n");
    body
}

/// The body for a program that could not be started.
pub(super) fn of_refusal(error: &str) -> String {
    format!("<api error=\"{}\" status=\"error\" />\n", escape(error))
}

fn element(body: &mut String, item: &Item) {
    // Writing to a string cannot fail.
    let _ = match item {
        Item::Line(line) => writeln!(body, "  <data>{}</data>", escape(line)),
        Item::Pair { name, value } => {
            writeln!(body, "  <data name=\"{}\" value=\"{}\" />", escape(name), escape(value))
        }
        // Not recorded: only JSON has them in a form of their own.
        Item::Transfer { name, .. } | Item::Validated { name, .. } => {
            writeln!(body, "  <data name=\"{}\" />", escape(name))
        }
        Item::Object { name, values } if values.is_empty() => {
            writeln!(body, "  <data name=\"{}\">\n    <values></values>\n  </data>", escape(name))
        }
        Item::Object { name, values } => {
            let inner: String = values
                .iter()
                .flat_map(|(key, list)| list.iter().map(move |value| (key, value)))
                .map(|(key, value)| format!("      <{key}>{}</{key}>\n", escape(value)))
                .collect();
            writeln!(
                body,
                "  <data name=\"{}\">\n    <values>\n{inner}    </values>\n  </data>",
                escape(name)
            )
        }
    };
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::virtualmin::listing;

    #[test]
    fn names_only_have_empty_values() {
        let outcome = Outcome { exit_code: 0, output: "a.test\nb.test\n".into() };
        let data = listing::objects(&outcome.output);
        let expected = "<api command=\"list-domains\" status=\"success\">\n  <data name=\"a.test\">\n    \
                        <values></values>\n  </data>\n  <data name=\"b.test\">\n    <values></values>\n  \
                        </data>\n</api>\n";
        assert_eq!(of_outcome("list-domains", &outcome, Some(data)), expected);
    }

    #[test]
    fn a_failure_keeps_its_newlines_inside_the_attribute() {
        let outcome = Outcome { exit_code: 1, output: "no\n\n<usage>\n".into() };
        let expected = "<api command=\"info\" error=\"no\" full_error=\"no\n\n&lt;usage&gt;\n\" \
                        status=\"failure\" />\n";
        assert_eq!(of_outcome("info", &outcome, None), expected);
    }
}
