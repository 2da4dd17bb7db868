//! One call of a program as the command line that the host's own `virtualmin` takes.
//!
//! The command line differs from `remote.cgi` in what it prints. A listing takes `--json` (`parse_common_cli_flags` in
//! `commands-lib.pl`); a program that changes something refuses that flag, and prints the text that `remote.cgi` would wrap.
//! Facts of this file: github:virtualmin/virtualmin-gpl at 8.1.0, the named files.

use model::secret::Secret;

use crate::{parameter::Kind, program::Answer, request::Request};

/// The command (`get_api_helper_command` in `commands-lib.pl`).
const COMMAND: &str = "virtualmin";
/// Where a program finds its standard input as a file.
const STANDARD_INPUT: &str = "/dev/stdin";
/// The programs whose `--pass` may be `--passfile`, a file with the password (`create-domain.pl`, `modify-domain.pl`,
/// `create-user.pl`, `modify-user.pl`).
const WITH_PASSFILE: [&str; 4] = ["create-domain", "modify-domain", "create-user", "modify-user"];

/// A call on the host itself. Its arguments hold no secret, since every user of the host can list the arguments of all.
#[derive(Clone, Debug)]
pub struct CommandLine {
    /// The command, the program and its arguments.
    pub arguments: Vec<String>,
    /// What the program reads.
    pub stdin: Option<Secret>,
    /// The form of what it prints.
    pub prints: Prints,
}

/// The form of what a program prints at the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prints {
    /// The JSON that `remote.cgi` answers.
    Json,
    /// The text that `remote.cgi` wraps into it.
    Text,
}

/// Why a call cannot be made at the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotThere {
    /// Every user of the host would see the secret.
    #[error(
        "it takes the secret `{0}` only as an argument, which every user of the host can see; wait for the panel"
    )]
    Secret(&'static str),
    /// Only `remote.cgi` makes data of its text.
    #[error(
        "only the panel's remote API puts its answer into a form that can be read; wait for the panel"
    )]
    Answer,
}

/// The command line of a call.
///
/// # Errors
/// [`NotThere`].
pub fn of(request: &Request) -> Result<CommandLine, NotThere> {
    let program = request.program();
    let mut arguments = vec![COMMAND.to_owned(), program.name.to_owned()];
    let prints = match program.answer {
        Answer::Objects => Prints::Json,
        Answer::Data => return Err(NotThere::Answer),
        Answer::Text | Answer::Secret => Prints::Text,
    };
    let (mut secrets, mut stdin) = (request.secrets().iter(), None);
    for (flag, value) in request.parameters() {
        let kind = program.parameter(flag).map(|it| it.kind);
        if kind.is_some_and(Kind::is_secret) {
            let read = by_file(program.name, flag).filter(|_| stdin.is_none());
            let read = read.ok_or(NotThere::Secret(flag))?;
            arguments.extend([format!("--{read}"), STANDARD_INPUT.to_owned()]);
            stdin = secrets.next().cloned();
            continue;
        }
        arguments.push(format!("--{flag}"));
        // As `remote.cgi` cuts a value; a value of which it makes one argument has no line feed.
        arguments.extend(value.split('\n').filter(|it| !it.is_empty()).map(str::to_owned));
    }
    if prints == Prints::Json {
        // Last: it sets `multiline` if no flag before it has chosen another layout.
        arguments.push("--json".to_owned());
    }
    Ok(CommandLine { arguments, stdin, prints })
}

/// The flag by which a program takes this secret from a file.
fn by_file(program: &str, flag: &str) -> Option<&'static str> {
    match flag {
        "pass" if WITH_PASSFILE.contains(&program) => Some("passfile"),
        // A value that begins with a slash is a file (`install-cert.pl`).
        "key" if program == "install-cert" => Some("key"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs;

    fn secret() -> Secret {
        "hunter2-canary".to_owned().into()
    }

    #[test]
    fn a_password_is_read_from_the_input_and_is_no_argument() {
        let request = Request::on(&programs::domains::CREATE, "shop.example").unwrap();
        let request = request.secret("pass", &secret()).unwrap().switch("unix").unwrap();
        let line = of(&request).unwrap();
        assert_eq!(
            line.arguments,
            [
                "virtualmin",
                "create-domain",
                "--domain",
                "shop.example",
                "--passfile",
                "/dev/stdin",
                "--unix"
            ]
        );
        assert_eq!(line.stdin.as_ref().unwrap().expose(), "hunter2-canary");
        assert_eq!(line.prints, Prints::Text);
        assert!(!format!("{line:?}").contains("canary"));
    }

    #[test]
    fn a_listing_is_asked_for_json_after_its_layout() {
        for layout in ["simple-multiline", "name-only"] {
            let request = Request::new(&programs::domains::LIST).switch(layout).unwrap();
            let line = of(&request).unwrap();
            let layout = format!("--{layout}");
            assert_eq!(line.arguments, ["virtualmin", "list-domains", &layout, "--json"]);
            assert_eq!(line.prints, Prints::Json);
        }
    }

    #[test]
    fn two_records_are_two_arguments_as_in_the_remote_api() {
        let request = Request::on(&programs::dns::MODIFY, "shop.example").unwrap();
        let request = request.value("update-record", "www A 192.0.2.1\nwww A 192.0.2.2").unwrap();
        let line = of(&request).unwrap();
        assert_eq!(line.arguments[4..], ["--update-record", "www A 192.0.2.1", "www A 192.0.2.2"]);
    }

    #[test]
    fn what_would_show_a_secret_or_cannot_be_read_is_refused() {
        let request = Request::on(&programs::databases::PASSWORD, "shop.example").unwrap();
        let request = request.secret("pass", &secret()).unwrap();
        assert_eq!(of(&request).unwrap_err(), NotThere::Secret("pass"));
        let request = Request::new(&programs::certificates::GET);
        assert_eq!(of(&request).unwrap_err(), NotThere::Answer);
    }

    #[test]
    fn no_secret_of_any_program_becomes_an_argument() {
        for program in programs::all() {
            for parameter in program.parameters.iter().filter(|it| it.kind.is_secret()) {
                let value = if parameter.kind == Kind::SecretPem {
                    "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----"
                        .to_owned()
                        .into()
                } else if parameter.kind == Kind::Destination {
                    "ftp://user:canary@host.example/path".to_owned().into()
                } else {
                    secret()
                };
                let request = Request::new(program).secret(parameter.flag, &value).unwrap();
                let shown = of(&request).map(|it| it.arguments.join(" ")).unwrap_or_default();
                assert!(!shown.contains("canary"), "{} {}", program.name, parameter.flag);
            }
        }
    }
}
