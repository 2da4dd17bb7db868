//! Tests of right and wrong configurations from files and variables.

use std::{collections::HashMap, net::IpAddr, os::unix::fs::PermissionsExt, path::PathBuf};

use chassis::{
    ExposeSecret,
    config::{Database, Faults, Keys, Secrets, Section, Telemetry, load_from},
};
use proptest::{prelude::*, sample::subsequence};
use url::Url;

#[derive(Debug)]
struct Config {
    database: Database,
    telemetry: Telemetry,
    name_servers: Vec<IpAddr>,
    peer: Option<Url>,
    greeting: String,
    retries: i32,
    strict: bool,
    _secrets: Option<Secrets>,
}

impl Section for Config {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            database: keys.section("database"),
            telemetry: keys.section("telemetry"),
            name_servers: keys.or("name_servers", Vec::new()),
            peer: keys.optional("peer"),
            greeting: keys.or("greeting", String::new()),
            retries: keys.number("retries", 3, -1..=9),
            strict: keys.or("strict", false),
            _secrets: keys.optional_section("secrets"),
        }
    }
}

const URL: (&str, &str) = ("PRAHO__DATABASE__URL", "postgres://u:hunter2@localhost/db");

fn load(file: Option<&str>, variables: &[(&str, &str)]) -> Result<Config, String> {
    let path = file.map(|text| {
        let name = format!("chassis-{}.toml", uuid::Uuid::now_v7());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        path
    });
    let variables = variables.iter().map(|&(key, value)| (key.to_owned(), value.to_owned()));
    let result = load_from(path.clone(), variables.collect());
    if let Some(path) = path {
        std::fs::remove_file(path).unwrap();
    }
    result.map_err(|faults: Faults| faults.to_string())
}

#[test]
fn variables_go_over_the_file_and_the_file_over_defaults() {
    let file = "retries = -1\n[database]\nurl = 'postgres://file/db'\nmax_connections = 5";
    let config = load(Some(file), &[("PRAHO__DATABASE__MAX_CONNECTIONS", "7")]).unwrap();
    assert_eq!(config.database.url.expose_secret(), "postgres://file/db");
    assert_eq!(config.database.max_connections, 7);
    assert!(!config.strict);
    assert_eq!(config.telemetry.filter, "info");
    assert_eq!(config.retries, -1);
}

#[test]
fn variables_hold_lists_booleans_and_digits_that_are_text() {
    let config = load(
        None,
        &[
            URL,
            ("PRAHO__NAME_SERVERS", "192.0.2.1, 2001:db8::1"),
            ("PRAHO__STRICT", "true"),
            ("PRAHO__GREETING", "007"),
            ("PRAHO__RETRIES", " -1 "),
            ("PRAHO__PEER", ""),
            ("PRAHO_HOME", "not ours"),
        ],
    )
    .unwrap();
    assert_eq!(config.greeting, "007");
    assert_eq!(config.name_servers.len(), 2);
    assert!(config.strict);
    assert_eq!(config.retries, -1);
    assert!(config.peer.is_none());
}

#[test]
fn a_missing_section_is_reported_by_its_required_keys() {
    let faults = load(None, &[]).unwrap_err();
    let remedy = "set it in the configuration file or as PRAHO__DATABASE__URL";
    assert_eq!(faults, format!("database.url: is missing; {remedy}"));
}

#[test]
fn each_fault_names_its_key_its_source_and_the_remedy() {
    let file = "colour = 'red'\nstrict = 'yes'\n[database]\nurl = 5";
    let faults = load(Some(file), &[("PRAHO__NAME_SERVERS", "192.0.2.1,there")]).unwrap_err();
    let lines: Vec<_> = faults.lines().collect();
    assert_eq!(lines.len(), 4, "{faults}");
    assert!(lines[0].starts_with("colour: is not known (in "), "{faults}");
    assert!(lines[0].contains("name_servers"), "{faults}");
    assert!(lines[1].starts_with("database.url: is a whole number, not a string (in "), "{faults}");
    assert!(lines[2].contains("(in PRAHO__NAME_SERVERS)"), "{faults}");
    assert!(lines[3].starts_with("strict: is text, not a boolean (in "), "{faults}");
}

proptest! {
    #[test]
    fn exactly_the_wrong_keys_are_reported(wrong in subsequence(&WRONG[..], 0..=WRONG.len())) {
        let variables: Vec<_> = [URL].iter().chain(&wrong).copied().collect();
        let told = load(None, &variables).err().unwrap_or_default();
        let told: Vec<_> = told.lines().map(|line| line.split(": ").next().unwrap()).collect();
        let mut keys: Vec<_> = wrong
            .iter()
            .map(|(name, _)| name[7..].to_lowercase().replace("__", "."))
            .collect();
        keys.sort();
        prop_assert_eq!(told, keys);
    }
}

/// Each of these is one fault, independent of the others.
const WRONG: [(&str, &str); 9] = [
    ("PRAHO__DATABASE__MAX_CONNECTIONS", "0"),
    ("PRAHO__DATABASE__MIGRATE", "perhaps"),
    ("PRAHO__TELEMETRY__FORMAT", "xml"),
    ("PRAHO__TELEMETRY__FILTER", "info,,=,"),
    ("PRAHO__TELEMETRY__OTLP_ENDPOINT", "ftp://collector"),
    ("PRAHO__NAME_SERVERS", "there"),
    ("PRAHO__PEER", "nobody"),
    ("PRAHO__RETRIES", "10"),
    ("PRAHO__SECRETS__KEYS", "a:b"),
];

#[test]
fn a_fault_never_shows_the_value() {
    for (key, value) in [
        ("PRAHO__PEER", "hunter2"),
        ("PRAHO__DATABASE__URL", "hunter2"),
        ("PRAHO__DATABASE__URL", "mysql://u:hunter2@h/d"),
        ("PRAHO__DATABASE__MAX_CONNECTIONS", "hunter2"),
        ("PRAHO__NAME_SERVERS", "hunter2"),
        ("PRAHO__RETRIES", "hunter2"),
        ("PRAHO__TELEMETRY__FORMAT", "hunter2"),
        ("PRAHO__TELEMETRY__OTLP_ENDPOINT", "http://u:hunter2@h"),
        ("PRAHO__SECRETS__KEYS", "hunter2"),
    ] {
        let faults = load(None, &[URL, (key, value)]).unwrap_err();
        assert!(!faults.contains("hunter2"), "{faults}");
        assert_eq!(faults.lines().count(), 1, "{faults}");
    }
}

#[test]
fn a_section_that_is_a_value_is_one_fault() {
    let faults = load(Some("database = 'postgres://u:hunter2@h/d'"), &[]).unwrap_err();
    assert!(faults.starts_with("database: is not a section (in "), "{faults}");
    assert_eq!(faults.lines().count(), 1, "{faults}");
    assert!(!faults.contains("hunter2"), "{faults}");
}

#[test]
fn a_wrong_number_is_reported_with_its_range_or_its_type() {
    for (text, problem) in [
        ("10", "retries: is not -1 to 9; 3 suits most"),
        ("many", "retries: is text, not i32 (in PRAHO__RETRIES); "),
        ("99999999999", "retries: is not i32 (in PRAHO__RETRIES); "),
    ] {
        let faults = load(None, &[URL, ("PRAHO__RETRIES", text)]).unwrap_err();
        assert!(faults.starts_with(problem), "{faults}");
    }
}

#[test]
fn a_file_that_is_not_toml_is_reported_without_its_text() {
    let faults = load(Some("[database]\nurl = 'postgres://u:hunter2@h/d"), &[]).unwrap_err();
    assert!(faults.contains("is not valid TOML: "), "{faults}");
    assert!(!faults.contains("hunter2"), "{faults}");
}

#[test]
fn a_file_that_was_named_must_exist() {
    let missing = PathBuf::from("/nonexistent/praho.toml");
    let faults = load_from::<Config>(Some(missing), HashMap::new()).unwrap_err().to_string();
    assert!(faults.starts_with("/nonexistent/praho.toml: cannot be read"), "{faults}");
}

#[test]
fn debug_output_hides_the_passwords() {
    let config = load(None, &[URL]).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
}

/// A key file with these permission bits.
fn key_file(mode: u32) -> (testkit::Scratch, String) {
    let scratch = testkit::Scratch::new("keys");
    let path = scratch.path().join("keys");
    std::fs::write(&path, format!("k1:{}=\n", "A".repeat(43))).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    let path = path.display().to_string();
    (scratch, path)
}

#[test]
fn a_key_file_that_others_may_use_is_refused_with_the_remedy() {
    for mode in [0o600, 0o400, 0o440, 0o640] {
        let (_scratch, path) = key_file(mode);
        load(None, &[URL, ("PRAHO__SECRETS__KEY_FILE", &path)]).unwrap();
    }
    for mode in [0o644, 0o604, 0o444, 0o602] {
        let (_scratch, path) = key_file(mode);
        let faults = load(None, &[URL, ("PRAHO__SECRETS__KEY_FILE", &path)]).unwrap_err();
        let expected = format!(
            "secrets.key_file: key file {path} has the mode {mode:04o}, so that others may read it; take that right away: \
             chown root:praho and chmod 0640, or stricter"
        );
        assert_eq!(faults, expected);
    }
}

#[test]
fn a_lost_key_is_not_among_the_keys() {
    let key = format!("k1:{}=", "A".repeat(43));
    let keys = ("PRAHO__SECRETS__KEYS", key.as_str());
    load(None, &[URL, keys, ("PRAHO__SECRETS__LOST_KEYS", "k0")]).unwrap();
    let faults = load(None, &[URL, keys, ("PRAHO__SECRETS__LOST_KEYS", "k0,k1")]).unwrap_err();
    assert!(faults.starts_with("secrets.lost_keys: names k1, which is among"), "{faults}");
}
