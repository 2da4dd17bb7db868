//! Arguments as one command line that a POSIX shell splits into exactly these arguments.
//!
//! SSH carries one text, which `sshd` hands to the login shell of the user. Between two single quotes no character has a
//! meaning for a POSIX shell (POSIX.1-2017, XCU 2.2.2). A login shell that is none, such as `csh` or `fish`, is not served.

use crate::error::Why;

/// The command line of a program with its arguments.
///
/// # Errors
///
/// [`Why::Argument`] if there is no program, or an argument has a NUL, which no argument of a program can have.
pub(crate) fn line(arguments: &[&str]) -> Result<String, Why> {
    let usable = arguments.first().is_some_and(|program| !program.is_empty());
    if !usable || arguments.iter().any(|argument| argument.contains('\0')) {
        return Err(Why::Argument);
    }
    let quoted = arguments.iter().map(|it| format!("'{}'", it.replace('\'', r"'\''")));
    Ok(quoted.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    /// The arguments that a real shell makes of the line, each ended by a NUL.
    fn split(arguments: &[&str]) -> Vec<u8> {
        let printed = [&["printf", r"%s\0"], arguments].concat();
        let output = Command::new("sh").arg("-c").arg(line(&printed).unwrap()).output().unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    proptest! {
        #[test]
        fn a_shell_gives_back_what_was_quoted(
            arguments in prop::collection::vec(r#"([ -~]|[\n\t\r'"\\$`!*?~#;&|<>(){}\[\]]|\PC|[^\x00]){0,24}"#, 1..6),
        ) {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let expected: Vec<u8> =
                arguments.iter().flat_map(|it| it.bytes().chain([0])).collect();
            prop_assert_eq!(split(&arguments), expected);
        }
    }

    #[test]
    fn what_a_shell_acts_on_is_an_argument_like_any_other() {
        for argument in
            ["$(id)", "`id`", "a b", "'; id; '", "--flag=$HOME", "", "*", "\n", "~root", "\\"]
        {
            assert_eq!(split(&[argument]), [argument.as_bytes(), b"\0"].concat(), "{argument}");
        }
    }

    #[test]
    fn a_command_has_a_program_and_no_nul() {
        for arguments in [&[][..], &[""], &["ls", "a\0b"]] {
            assert_eq!(line(arguments), Err(Why::Argument));
        }
    }
}
