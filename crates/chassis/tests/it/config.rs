//! Configuration from files and variables, right and wrong.

use std::{collections::HashMap, net::IpAddr, path::PathBuf};

use chassis::config::{Database, Faults, Secrets, Telemetry, Validate, load_from};
use proptest::{prelude::*, sample::subsequence};
use serde::Deserialize;
use url::Url;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    database: Database,
    #[serde(default)]
    telemetry: Telemetry,
    #[serde(default)]
    name_servers: Vec<IpAddr>,
    peer: Option<Url>,
    #[serde(default)]
    greeting: String,
    #[serde(default)]
    limits: HashMap<String, u32>,
    secrets: Option<Secrets>,
}

impl Validate for Config {
    fn validate(&self, faults: &mut Faults) {
        faults.section("database", &self.database);
        faults.section("telemetry", &self.telemetry);
        if let Some(secrets) = &self.secrets {
            faults.section("secrets", secrets);
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
    let file = "[database]\nurl = 'postgres://file/db'\nmax_connections = 5\n[limits]\na = 1";
    let config = load(Some(file), &[("PRAHO__DATABASE__MAX_CONNECTIONS", "7")]).unwrap();
    assert_eq!(config.database.url.expose(), "postgres://file/db");
    assert_eq!(config.database.max_connections, 7);
    assert!(!config.database.migrate);
    assert_eq!(config.telemetry.filter, "info");
    assert_eq!(config.limits["a"], 1);
}

#[test]
fn variables_hold_lists_booleans_and_digits_that_are_text() {
    let config = load(
        None,
        &[
            URL,
            ("PRAHO__NAME_SERVERS", "192.0.2.1, 2001:db8::1"),
            ("PRAHO__DATABASE__MIGRATE", "true"),
            ("PRAHO__GREETING", "007"),
            ("PRAHO__LIMITS__B", "3"),
            ("PRAHO__PEER", ""),
            ("PRAHO_HOME", "not ours"),
        ],
    )
    .unwrap();
    assert_eq!(config.greeting, "007");
    assert_eq!(config.name_servers.len(), 2);
    assert!(config.database.migrate);
    assert_eq!(config.limits["b"], 3);
    assert!(config.peer.is_none());
}

#[test]
fn a_missing_section_is_told_by_the_keys_it_needs() {
    let faults = load(None, &[]).unwrap_err();
    let remedy = "set it in the configuration file or as PRAHO__DATABASE__URL";
    assert_eq!(faults, format!("database.url: is missing; {remedy}"));
}

#[test]
fn each_fault_names_its_key_its_source_and_the_remedy() {
    let file = "colour = 'red'\n[database]\nurl = 5\nmigrate = 'yes'";
    let faults = load(Some(file), &[("PRAHO__NAME_SERVERS", "192.0.2.1,there")]).unwrap_err();
    let lines: Vec<_> = faults.lines().collect();
    assert_eq!(lines.len(), 4, "{faults}");
    assert!(lines[0].starts_with("colour: is not known (in "), "{faults}");
    assert!(lines[0].contains("name_servers"), "{faults}");
    assert!(lines[1].starts_with("database.migrate: is text, not a boolean (in "), "{faults}");
    assert!(lines[2].starts_with("database.url: is a whole number, not a string (in "), "{faults}");
    assert!(lines[3].contains("(in PRAHO__NAME_SERVERS)"), "{faults}");
}

proptest! {
    #[test]
    fn exactly_the_keys_that_are_wrong_are_told(wrong in subsequence(&WRONG[..], 0..=WRONG.len())) {
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

/// Each is one fault, whatever the others are.
const WRONG: [(&str, &str); 8] = [
    ("PRAHO__DATABASE__MAX_CONNECTIONS", "0"),
    ("PRAHO__DATABASE__MIGRATE", "perhaps"),
    ("PRAHO__TELEMETRY__FORMAT", "xml"),
    ("PRAHO__TELEMETRY__FILTER", "info,,=,"),
    ("PRAHO__TELEMETRY__OTLP_ENDPOINT", "ftp://collector"),
    ("PRAHO__NAME_SERVERS", "there"),
    ("PRAHO__PEER", "nobody"),
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
        ("PRAHO__LIMITS__A", "hunter2"),
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
fn a_file_that_is_not_toml_is_told_without_quoting_it() {
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
