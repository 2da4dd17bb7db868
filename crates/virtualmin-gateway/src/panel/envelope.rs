//! Reads the body of an answer: the outcome and output of a program, or why the body cannot be read.
//!
//! Virtualmin answers HTTP 200 even for a failure, so the body decides; and the body of a cut connection
//! looks complete. Anything that is not exactly an envelope is therefore an error, never a success.

use serde::Deserialize;

use super::program::Program;

/// The outcome of a program.
#[derive(Debug, PartialEq)]
pub(crate) enum Envelope<D> {
    /// The program ended well, which does not prove that it did its work.
    Success {
        /// The objects of a list.
        data: Option<D>,
        /// The program's output.
        output: String,
    },
    /// The program ended with an exit code other than 0.
    Failure {
        /// The first line of the output, often only a banner.
        error: String,
        /// The whole output.
        full_error: String,
    },
    /// The program could not be started.
    Rejected {
        /// The reason, in the panel's words.
        error: String,
    },
    /// The account may not call the program.
    Denied,
}

/// Why a body is not an envelope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("empty response")]
    Empty,
    /// A page for people, such as the login form.
    #[error("a web page instead of an answer")]
    Page,
    /// Plain text although JSON was requested.
    #[error("plain text instead of JSON")]
    Text,
    /// JSON that is cut off or not of a known form; the text gives the place.
    #[error("JSON that is cut off or of an unknown form: {0}")]
    Json(String),
    /// The `status` is none of the three known ones.
    #[error("an unknown status")]
    Status,
    #[error("the answer of another program")]
    Command,
    #[error("a list without data")]
    NoData,
}

/// The JSON as Virtualmin sends it.
#[derive(Deserialize)]
struct Raw<D> {
    status: String,
    command: Option<String>,
    data: Option<D>,
    output: Option<String>,
    error: Option<String>,
    full_error: Option<String>,
}

/// Reads the answer of `program`. `D` is the type of `data`.
///
/// Bytes that are not UTF-8 have been replaced: Virtualmin passes through any customer's text, and one bad
/// text must not make the whole listing unreadable.
pub(crate) fn decode<'a, D: Deserialize<'a>>(
    program: &Program,
    body: &'a str,
) -> Result<Envelope<D>, Unreadable> {
    let text = body.trim_start_matches('\u{feff}').trim();
    match text.as_bytes().first() {
        None => Err(Unreadable::Empty),
        Some(b'{') => decode_json(program, text),
        Some(b'<') => decode_page(text),
        Some(_) => decode_text(text),
    }
}

/// Whether the body is a page for people, such as the login form: nothing of the remote API is there.
pub(crate) fn is_page(body: &str) -> bool {
    let text = body.trim_start_matches('\u{feff}').trim();
    text.starts_with('<') && matches!(decode_page::<()>(text), Err(Unreadable::Page))
}

fn decode_json<'a, D: Deserialize<'a>>(
    program: &Program,
    text: &'a str,
) -> Result<Envelope<D>, Unreadable> {
    let raw: Raw<D> = serde_json::from_str(text).map_err(|error| describe(&error))?;
    if raw.status == "error" {
        return Ok(Envelope::Rejected { error: raw.error.unwrap_or_default() });
    }
    // The command line gives the name of the program's file (`cli_convert_remote_format` in `commands-lib.pl`).
    let command = raw.command.as_deref().map(|it| it.strip_suffix(".pl").unwrap_or(it));
    if command != Some(program.name) {
        return Err(Unreadable::Command);
    }
    match raw.status.as_str() {
        // A success with an error is neither.
        "success" if raw.error.is_some() => Err(Unreadable::Status),
        "success" if program.lists() && raw.data.is_none() => Err(Unreadable::NoData),
        "success" => {
            Ok(Envelope::Success { data: raw.data, output: raw.output.unwrap_or_default() })
        }
        "failure" => Ok(Envelope::Failure {
            error: raw.error.unwrap_or_default(),
            full_error: raw.full_error.unwrap_or_default(),
        }),
        _ => Err(Unreadable::Status),
    }
}

/// Gives the place of the error in the JSON. The parser's own message may quote a value, which may be a
/// password.
fn describe(error: &serde_json::Error) -> Unreadable {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Data => "unexpected shape",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "syntax",
    };
    Unreadable::Json(format!("{what}, line {} column {}", error.line(), error.column()))
}

fn decode_page<D>(text: &str) -> Result<Envelope<D>, Unreadable> {
    let refusals = ["is not allowed to use the", "Webmin user is for RPC calls only"];
    if refusals.iter().any(|it| text.contains(it)) {
        Ok(Envelope::Denied)
    } else {
        Err(Unreadable::Page)
    }
}

/// Reads plain text: a refusal that came before the format was known, or a program that ran without `json`.
fn decode_text<D>(text: &str) -> Result<Envelope<D>, Unreadable> {
    if let Some(reason) = text.strip_prefix("ERROR: ") {
        return if reason.starts_with("You are not allowed to run remote commands") {
            Ok(Envelope::Denied)
        } else {
            Ok(Envelope::Rejected { error: reason.to_owned() })
        };
    }
    let Some((output, status)) = text.rsplit_once("Exit status: ") else {
        return Err(Unreadable::Text);
    };
    match status.parse::<u32>() {
        Ok(0) => Ok(Envelope::Success { data: None, output: output.to_owned() }),
        Ok(_) => Ok(Envelope::Failure {
            error: output.lines().find(|it| !it.trim().is_empty()).unwrap_or_default().to_owned(),
            full_error: output.to_owned(),
        }),
        Err(_) => Err(Unreadable::Text),
    }
}

#[cfg(test)]
mod tests;
