//! Help, completions, and failures that need no API.

use std::{
    fs,
    io::Write,
    process::{Command, Output, Stdio},
};

use testkit::{Scratch, free_port};

/// Runs the program with only `variables` in its environment and an empty standard input.
fn praho(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    praho_reading("", arguments, variables)
}

fn praho_reading(input: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_praho"))
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may end before it reads anything.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn help_tells_the_groups_and_the_exit_codes() {
    let help = praho(&["--help"], &[]);
    assert_eq!(help.status.code(), Some(0));
    let text = out(&help);
    let groups = [
        "plans",
        "servers",
        "dns-servers",
        "services",
        "accounts",
        "jobs",
        "domains",
        "tenants",
        "tokens",
        "dead-letters",
        "drift",
        "completions",
    ];
    for word in groups {
        assert!(text.contains(word), "{word}: {text}");
    }
    for line in ["0    done", "3    not found", "6    the API is unavailable", "PRAHO_API_TOKEN"] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn every_shell_gets_its_completions() {
    for (shell, sign) in
        [("bash", "complete "), ("zsh", "#compdef praho"), ("fish", "complete -c praho")]
    {
        let script = praho(&["completions", shell], &[]);
        assert_eq!(script.status.code(), Some(0));
        let text = out(&script);
        assert!(text.contains(sign) && text.contains("unprotect"), "{shell}: {text}");
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    let cases: [&[&str]; 11] = [
        &[],
        &["frobnicate"],
        &["plans", "create"],
        &["plans", "list", "--output", "xml"],
        &["plans", "list", "--limit", "many"],
        &["plans", "list", "--limit", "0"],
        &["servers", "register", "vm1", "--password", "hunter2"],
        &["--timeout", "0", "plans", "list"],
        &["plans", "create", "starter", "--request-id", ""],
        &["drift", "policy", "vm1"],
        &["drift", "list", "--status", "healed"],
    ];
    for arguments in cases {
        let output = praho(arguments, &[]);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", err(&output));
    }
}

#[test]
fn without_a_url_it_says_how_to_give_one() {
    let output = praho(&["plans", "list"], &[("PRAHO_API_TOKEN", "praho_x")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("PRAHO_GRPC_URL"), "{}", err(&output));
}

#[test]
fn without_a_token_it_says_how_to_give_one() {
    let output = praho(&["plans", "list", "--url", "http://127.0.0.1:1"], &[]);
    assert_eq!(output.status.code(), Some(5));
    let text = err(&output);
    assert!(text.contains("--token-file") && text.contains("PRAHO_API_TOKEN"), "{text}");
}

#[test]
fn an_api_that_does_not_answer_ends_with_6() {
    let url = format!("http://127.0.0.1:{}", free_port());
    let variables = [("PRAHO_GRPC_URL", url.as_str()), ("PRAHO_API_TOKEN", "praho_hidden")];
    let output = praho(&["plans", "list"], &variables);
    assert_eq!(output.status.code(), Some(6), "{}", err(&output));
    let text = err(&output);
    assert!(text.contains(&format!("no answer from {url}: Connection refused")), "{text}");
    assert!(text.contains("is the API up"), "{text}");
    assert!(!text.contains("praho_hidden") && out(&output).is_empty(), "{text}");
    assert!(!text.contains('\u{1b}'), "no colours without a terminal: {text}");
}

#[test]
fn a_change_that_got_no_answer_can_be_repeated_under_its_id() {
    let url = format!("http://127.0.0.1:{}", free_port());
    let variables = [("PRAHO_GRPC_URL", url.as_str()), ("PRAHO_API_TOKEN", "praho_x")];
    let output = praho(&["plans", "create", "starter", "--request-id", "order-7"], &variables);
    assert_eq!(output.status.code(), Some(6));
    assert!(err(&output).contains("--request-id order-7"), "{}", err(&output));
}

#[test]
fn the_configuration_file_names_the_api() {
    let scratch = Scratch::new("praho-home");
    let folder = scratch.path();
    let token = folder.join("token");
    fs::write(&token, "praho_x\n").unwrap();
    fs::create_dir(folder.join("praho")).unwrap();
    let url = format!("http://127.0.0.1:{}", free_port());
    let text = format!("[profiles.default]\nurl = {url:?}\ntoken_file = {token:?}\n");
    fs::write(folder.join("praho/config.toml"), text).unwrap();
    let home = folder.to_str().unwrap();
    let output = praho(&["plans", "list"], &[("XDG_CONFIG_HOME", home)]);
    assert_eq!(output.status.code(), Some(6), "{}", err(&output));
    let output = praho(&["plans", "list", "--profile", "prod"], &[("XDG_CONFIG_HOME", home)]);
    assert_eq!(output.status.code(), Some(2), "{}", err(&output));
    assert!(err(&output).contains("\"prod\""), "{}", err(&output));
}

#[test]
fn a_password_that_is_not_given_is_asked_for_before_anything_is_sent() {
    let url = format!("http://127.0.0.1:{}", free_port());
    let variables = [("PRAHO_GRPC_URL", url.as_str()), ("PRAHO_API_TOKEN", "praho_x")];
    let register = [
        "servers",
        "register",
        "vm1",
        "--server-url",
        "https://vm1.example.ro:10000",
        "--username",
        "root",
        "--trust-system-authorities",
        "--ip-addresses",
        "192.0.2.1",
        "--capacity",
        "10",
    ];
    let output = praho(&register, &variables);
    assert_eq!(output.status.code(), Some(2), "{}", err(&output));
    assert!(err(&output).contains("--password-file"), "{}", err(&output));
    let output = praho_reading("hunter2\n", &register, &variables);
    assert_eq!(output.status.code(), Some(6), "{}", err(&output));
    assert!(!err(&output).contains("hunter2"), "{}", err(&output));
}

#[test]
fn a_result_that_cannot_be_kept_is_a_failure() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_praho"))
        .args(["completions", "bash"])
        .env_clear()
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("cannot be written: No space left"), "{}", err(&output));
}
