//! The body of an answer: JSON, XML or plain text around what a program printed.

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use serde_json::{Value, json};
use std::io;

use super::listing::{self, Item};
use super::outcome::Outcome;
use super::request::{Command, Format};
use super::xml;

/// The body for a program that ran.
pub(super) fn of_outcome(command: &Command, outcome: &Outcome) -> String {
    match command.format {
        Format::Plain => {
            let status = u32::from(outcome.exit_code) * 256;
            format!("{}\nExit status: {status}\n", outcome.output)
        }
        Format::Xml => xml::of_outcome(&command.program, outcome, data(command, outcome)),
        Format::Json | Format::JsonMinified => {
            let program = &command.program;
            let output = &outcome.output;
            let body = match data(command, outcome) {
                _ if outcome.exit_code != 0 => json!({
                    "status": "failure", "command": program,
                    "error": outcome.error(), "full_error": output,
                }),
                Some(items) => json!({ "status": "success", "command": program, "data": items }),
                None => json!({ "status": "success", "command": program, "output": output }),
            };
            json(command.format, &body)
        }
    }
}

/// The body for a program that could not be started at all.
pub(super) fn of_refusal(format: Format, error: &str) -> String {
    match format {
        Format::Plain => format!("ERROR: {error}\n"),
        Format::Xml => xml::of_refusal(error),
        Format::Json | Format::JsonMinified => {
            json(format, &json!({ "status": "error", "error": error }))
        }
    }
}

fn data(command: &Command, outcome: &Outcome) -> Option<Vec<Item>> {
    if outcome.exit_code == 0 && command.program == "get-ssl" {
        return Some(listing::pairs(&outcome.output));
    }
    let lists = outcome.exit_code == 0 && listing::is_list(&command.program);
    let only =
        command.arguments.iter().any(|flag| flag.starts_with("--") && flag.ends_with("-only"));
    match command.program.as_str() {
        "validate-domains" => return Some(listing::validated(&outcome.output)),
        "list-bandwidth" if !command.multiline => return Some(listing::transfer(&outcome.output)),
        // Whatever the request says (`convert_remote_format` of 8.1.0).
        "list-php-ini" => return Some(listing::objects(&outcome.output)),
        _ => {}
    }
    match (lists, command.multiline, only) {
        (false, ..) | (true, false, false) => None,
        (true, true, _) => Some(listing::objects(&outcome.output)),
        (true, false, true) => Some(listing::lines(&outcome.output)),
    }
}

fn json(format: Format, body: &Value) -> String {
    let mut written = Vec::new();
    let serialized = match format {
        Format::JsonMinified => body.serialize(&mut Serializer::new(&mut written)),
        _ => body.serialize(&mut Serializer::with_formatter(&mut written, Perl::default())),
    };
    serialized.expect("a value can always be written to memory");
    written.push(b'\n');
    String::from_utf8(written).expect("JSON is UTF-8")
}

/// The layout of Perl's JSON module: three blanks, and a blank on both sides of the colon.
struct Perl(PrettyFormatter<'static>);

impl Default for Perl {
    fn default() -> Self {
        Self(PrettyFormatter::with_indent(b"   "))
    }
}

impl Formatter for Perl {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }
    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }
    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }
    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }
    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }
    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }
    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b" : ")
    }
    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(parameters: &str, exit_code: u8, output: &str) -> String {
        let command = Command::read(parameters, b"").unwrap();
        of_outcome(&command, &Outcome { exit_code, output: output.into() })
    }

    #[test]
    fn an_empty_listing_is_laid_out_as_perl_does() {
        let expected = "{\n   \"command\" : \"list-domains\",\n   \"data\" : [],\n   \
                        \"status\" : \"success\"\n}\n";
        assert_eq!(body("program=list-domains&json=1&multiline=", 0, ""), expected);
    }

    #[test]
    fn minified_is_one_line() {
        let expected = "{\"command\":\"info\",\"output\":\"x\",\"status\":\"success\"}\n";
        assert_eq!(body("program=info&json=minified", 0, "x"), expected);
    }

    #[test]
    fn the_error_of_a_failure_is_its_first_line_that_is_not_blank() {
        let text = body("program=enable-domain&json=1", 1, "\nNo domain specified\n\nusage\n");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["status"], "failure");
        assert_eq!(value["error"], "No domain specified");
        assert_eq!(value["full_error"], "\nNo domain specified\n\nusage\n");
    }

    #[test]
    fn plain_text_ends_with_the_raw_wait_status() {
        assert_eq!(body("program=info", 1, "bad\n\nusage\n"), "bad\n\nusage\n\nExit status: 256\n");
        assert_eq!(body("program=info", 0, "fine\n"), "fine\n\nExit status: 0\n");
    }

    #[test]
    fn simple_multiline_alone_is_text_and_with_names_only_it_is_lines() {
        let text = body("program=list-domains&json=1&simple-multiline=", 0, "a.test\n    ID: 1\n");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["output"], "a.test\n    ID: 1\n");

        let parameters = "program=list-domains&json=1&simple-multiline=&name-only=";
        let value: Value =
            serde_json::from_str(&body(parameters, 0, "a.test\n    ID: 1\n")).unwrap();
        assert_eq!(value["data"], json!(["a.test", "    ID: 1"]));
    }

    #[test]
    fn a_refusal_names_no_command() {
        let value: Value = serde_json::from_str(&of_refusal(Format::Json, "why")).unwrap();
        assert_eq!(value, json!({ "status": "error", "error": "why" }));
        assert_eq!(of_refusal(Format::Plain, "why"), "ERROR: why\n");
    }
}
