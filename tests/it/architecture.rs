//! Checks the map of ARCHITECTURE.md against `cargo metadata`.

use std::{collections::BTreeSet, process::Command};

/// The workspace crates that each crate may use. A new arrow is a decision: make it here first.
const MAY_USE: &[(&str, &[&str])] = &[
    // floor 0
    ("model", &[]),
    ("chassis", &[]),
    ("testkit", &[]),
    ("simulators", &["testkit"]),
    // only for tests; the crates that they build on
    (
        "fixtures",
        &["model", "chassis", "egress", "store", "messaging", "engine", "testkit", "simulators"],
    ),
    // floor 1
    ("contracts", &["model"]),
    ("egress", &["chassis"]),
    ("store", &["model"]),
    ("messaging", &["model", "store"]),
    ("virtualmin", &["model"]),
    // floor 2
    ("engine", &["model", "store", "messaging", "chassis"]),
    ("panels", &["model", "contracts", "chassis"]),
    ("service", &["store", "messaging", "chassis"]),
    ("keys", &["model", "store", "chassis"]),
    // floor 3
    (
        "api",
        &["model", "contracts", "store", "messaging", "virtualmin", "keys", "egress", "chassis"],
    ),
    (
        "provisioning-worker",
        &[
            "model",
            "contracts",
            "store",
            "messaging",
            "engine",
            "panels",
            "service",
            "keys",
            "egress",
            "chassis",
        ],
    ),
    // The gateway has no broker: it takes from `messaging` the envelope of the events that it puts into the outbox.
    (
        "virtualmin-gateway",
        &["model", "contracts", "store", "messaging", "virtualmin", "keys", "egress", "chassis"],
    ),
    ("dns-manager", &["model", "store", "engine", "service", "keys", "egress", "chassis"]),
    (
        "drift-reconciler",
        &["model", "contracts", "store", "messaging", "panels", "service", "chassis"],
    ),
    // floor 4
    ("cli", &["model", "contracts"]),
    // The bench files jobs as a service does, and contains no other work of a service.
    ("xtask", &["model", "store", "messaging", "simulators", "testkit"]),
    ("e2e", &[]),
];

/// The only crates that may use an outside technology.
const OWNED: &[(&str, &[&str])] = &[
    ("backoff", &["engine"]),
    ("hickory-proto", &["dns-manager", "egress"]),
    // The bench measures the bare limit of the broker with it.
    ("lapin", &["messaging", "xtask"]),
    ("minijinja", &["simulators"]),
    ("prost", &["contracts"]),
    // The test kit and `cargo xtask` call what they have started themselves.
    ("reqwest", &["egress", "testkit", "xtask"]),
    ("sea-orm", &["store"]),
    // The test kit creates databases and knows none of our tables; the bench measures the bare limit.
    ("sqlx", &["store", "testkit", "xtask"]),
];

#[test]
fn arrows_point_the_way_the_map_says() {
    for (name, uses) in dependencies() {
        let allowed = MAY_USE.iter().find(|(it, _)| *it == name);
        let Some((_, allowed)) = allowed else { panic!("{name} is not on the map") };
        for used in &uses {
            let ours = MAY_USE.iter().any(|(it, _)| it == used);
            assert!(!ours || allowed.contains(&used.as_str()), "{name} must not use {used}");
        }
        for (technology, owners) in OWNED {
            assert!(
                !uses.contains(*technology) || owners.contains(&name.as_str()),
                "{name} must not use {technology}"
            );
        }
    }
}

#[test]
fn the_map_has_no_house_that_is_not_built() {
    let built: BTreeSet<_> = dependencies().into_iter().map(|(name, _)| name).collect();
    for (name, _) in MAY_USE {
        assert!(built.contains(*name), "{name} is on the map only");
    }
}

/// Each workspace crate with its direct dependencies, without dev-dependencies.
fn dependencies() -> Vec<(String, BTreeSet<String>)> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .output()
        .expect("cargo metadata runs");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let uses = package["dependencies"].as_array().expect("dependencies").iter();
            let uses = uses.filter(|it| it["kind"].as_str() != Some("dev"));
            let names = uses.map(|it| it["name"].as_str().expect("name").to_owned());
            (package["name"].as_str().expect("name").to_owned(), names.collect())
        })
        .collect()
}
