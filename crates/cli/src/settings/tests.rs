//! The order of the sources of each value.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use testkit::Scratch;

use super::*;

/// A configuration with two profiles and their tokens.
fn configuration() -> (Scratch, PathBuf) {
    let scratch = Scratch::new("praho-config");
    let folder = scratch.path();
    for name in ["default", "prod", "other"] {
        fs::write(folder.join(name), format!("token-of-{name}\n")).unwrap();
    }
    let profile = |name: &str| {
        let file = folder.join(name);
        format!("[profiles.{name}]\nurl = \"http://{name}\"\ntoken_file = {file:?}\n")
    };
    let file = folder.join("config.toml");
    fs::write(&file, [profile("default"), profile("prod")].concat()).unwrap();
    (scratch, file)
}

fn environment(file: PathBuf) -> Environment {
    Environment { config_file: Some(file), ..Environment::default() }
}

fn settled(flags: Connection, environment: Environment) -> (String, String) {
    let settings = Settings::settle(flags, environment).unwrap();
    (settings.url, settings.token.expose().to_owned())
}

fn pair(url: &str, token: &str) -> (String, String) {
    (url.to_owned(), token.to_owned())
}

#[test]
fn the_file_provides_values_that_flags_and_environment_lack() {
    let (_scratch, file) = configuration();
    let seen = settled(Connection::default(), environment(file.clone()));
    assert_eq!(seen, pair("http://default", "token-of-default"));
    let chosen = Environment { profile: Some("prod".to_owned()), ..environment(file) };
    assert_eq!(settled(Connection::default(), chosen), pair("http://prod", "token-of-prod"));
}

#[test]
fn the_environment_wins_over_the_file() {
    let (_scratch, file) = configuration();
    let environment = Environment {
        url: Some("http://env".to_owned()),
        token: Some("token-of-env".to_owned().into()),
        profile: Some("prod".to_owned()),
        ..environment(file)
    };
    assert_eq!(settled(Connection::default(), environment), pair("http://env", "token-of-env"));
}

#[test]
fn a_flag_wins_over_the_environment() {
    let (scratch, file) = configuration();
    let flags = Connection {
        url: Some("http://flag".to_owned()),
        token_file: Some(scratch.path().join("other")),
        ca_file: Some("/flag/ca.crt".into()),
        profile: None,
    };
    let environment = Environment {
        url: Some("http://env".to_owned()),
        token: Some("token-of-env".to_owned().into()),
        ..environment(file)
    };
    assert_eq!(settled(flags, environment), pair("http://flag", "token-of-other"));
}

#[test]
fn the_token_of_a_profile_asked_for_goes_to_its_own_api() {
    let (_scratch, file) = configuration();
    let flags = Connection { profile: Some("prod".to_owned()), ..Connection::default() };
    let environment = Environment { url: Some("http://env".to_owned()), ..environment(file) };
    assert_eq!(settled(flags, environment), pair("http://prod", "token-of-prod"));
}

#[test]
fn the_roots_go_with_the_api_that_they_are_for() {
    let scratch = Scratch::new("praho-config");
    let file = scratch.path().join("config.toml");
    let text =
        "[profiles.default]\nurl = \"https://a\"\nca_file = \"/file/ca.crt\"\ntoken = \"t\"\n";
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let roots = |flags: Connection, more: Environment| {
        let environment = Environment { config_file: Some(file.clone()), ..more };
        Settings::settle(flags, environment).unwrap().ca_file
    };
    let seen = roots(Connection::default(), Environment::default());
    assert_eq!(seen, Some("/file/ca.crt".into()));
    let other = Environment { url: Some("https://b".to_owned()), ..Environment::default() };
    assert_eq!(roots(Connection::default(), other), None, "another API");
    let named = || Environment { ca_file: Some("/env/ca.crt".into()), ..Environment::default() };
    assert_eq!(roots(Connection::default(), named()), Some("/env/ca.crt".into()));
    let flags = Connection { ca_file: Some("/flag/ca.crt".into()), ..Connection::default() };
    assert_eq!(roots(flags, named()), Some("/flag/ca.crt".into()));
    let asked = Connection { profile: Some("default".to_owned()), ..Connection::default() };
    assert_eq!(roots(asked, named()), Some("/file/ca.crt".into()));
}

#[test]
fn an_unknown_profile_is_reported_with_the_existing_ones() {
    let (_scratch, file) = configuration();
    let flags = Connection { profile: Some("staging".to_owned()), ..Connection::default() };
    let error = Settings::settle(flags, environment(file)).unwrap_err().to_string();
    assert!(error.contains("\"staging\"") && error.ends_with("default, prod"), "{error}");
}

#[test]
fn a_token_may_lie_in_the_file_itself() {
    let scratch = Scratch::new("praho-config");
    let file = scratch.path().join("config.toml");
    fs::write(&file, "[profiles.default]\nurl = \"http://a\"\ntoken = \"token-in-file\"\n")
        .unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let seen = settled(Connection::default(), environment(file));
    assert_eq!(seen, pair("http://a", "token-in-file"));
}

#[test]
fn missing_settings_are_reported() {
    let error = Settings::settle(Connection::default(), Environment::default()).unwrap_err();
    assert!(matches!(error, Failure::NoUrl));
    let only_url = Environment { url: Some("http://env".to_owned()), ..Environment::default() };
    let error = Settings::settle(Connection::default(), only_url).unwrap_err();
    assert!(matches!(error, Failure::NoToken));
}

#[test]
fn a_token_is_exposed_by_http_to_another_machine() {
    let exposed = |url: &str| {
        let url = url.to_owned();
        Settings { url, token: "x".to_owned().into(), ca_file: None }.is_exposed()
    };
    for url in ["http://api.example.ro:8080", "http://192.0.2.1"] {
        assert!(exposed(url), "{url}");
    }
    for url in
        ["https://api.example.ro", "http://127.0.0.1:1", "http://[::1]:1", "http://localhost"]
    {
        assert!(!exposed(url), "{url}");
    }
}
