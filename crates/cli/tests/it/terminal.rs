//! The output at a terminal.

use std::process::{Command, Stdio};

/// Runs the program at a terminal of its own, which the command `script` (in Debian's essential packages) makes.
fn at_a_terminal(arguments: &str, variables: &[(&str, &str)]) -> String {
    let program = format!("{} {arguments}", env!("CARGO_BIN_EXE_praho"));
    let output = Command::new("script")
        .args(["--quiet", "--command", &program, "/dev/null"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn errors_are_coloured_at_a_terminal() {
    let text = at_a_terminal("plans list", &[]);
    assert!(text.contains("\u{1b}[31merror:\u{1b}[0m"), "{text:?}");
}

#[test]
fn colours_can_be_switched_off() {
    for (arguments, variables) in
        [("plans list", &[("NO_COLOR", "1")][..]), ("plans list --no-color", &[])]
    {
        let text = at_a_terminal(arguments, variables);
        assert!(text.contains("error:") && !text.contains('\u{1b}'), "{text:?}");
    }
}
