//! Checks the table in `deploy/telemetry.md` against the code.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// A metric in the table.
#[derive(Clone, Debug)]
pub(crate) struct Metric {
    /// The name that Prometheus shows.
    pub(crate) family: String,
    /// The names of its labels.
    pub(crate) labels: BTreeSet<String>,
    /// The services that show the metric, without `praho-`.
    pub(crate) services: Vec<String>,
    /// Whether one of these services is enough.
    pub(crate) any: bool,
}

/// The table, keyed by OpenTelemetry's names.
pub(crate) fn table() -> BTreeMap<String, Metric> {
    let text = fs::read_to_string(root().join("deploy/telemetry.md")).unwrap();
    let table = text.split_once("## Metrics").expect("a section of metrics").1;
    let table = table.split_once("\n## ").map_or(table, |(table, _)| table);
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let mut metrics = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, family, labels, services, _] = cells[..] else { panic!("five cells: {row}") };
        let any = services.starts_with("one of ");
        let services = services.trim_start_matches("one of ").split(", ").map(str::to_owned);
        let metric = Metric {
            family: quoted(family).concat(),
            labels: quoted(labels).into_iter().collect(),
            services: services.collect(),
            any,
        };
        assert!(metrics.insert(quoted(name).concat(), metric).is_none(), "twice: {row}");
    }
    metrics
}

/// The texts between backticks.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn the_table_has_every_metric_of_the_code_and_no_other() {
    let mut registered = BTreeSet::new();
    for file in sources(&root().join("crates")) {
        registered.extend(registrations(&fs::read_to_string(file).unwrap()));
    }
    let documented: BTreeSet<String> = table().into_keys().collect();
    assert_eq!(registered, documented, "the code, and deploy/telemetry.md");
}

#[test]
fn no_label_names_one_job_account_or_host() {
    for (name, metric) in table() {
        for label in metric.labels {
            let bounded = !label.ends_with("_id")
                && !["account", "domain", "server", "job", "tenant"].contains(&label.as_str());
            assert!(bounded, "{name} has the label {label}");
        }
    }
}

/// The Rust files of all services, without tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir()
            && !["tests", "examples", "simulators", "testkit", "xtask"].contains(&name.as_str())
        {
            files.extend(sources(&path));
        } else if name.ends_with(".rs") && name != "tests.rs" {
            files.push(path);
        }
    }
    files
}

/// The metric names that a file registers: the first text with dots after a call that creates an instrument.
fn registrations(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let calls = ["counter(", "gauge(", "histogram(", "seconds("];
    let mut names = Vec::new();
    for call in calls {
        for (at, _) in source.match_indices(call) {
            let statement = source[at..].split(';').next().unwrap_or_default();
            let texts = statement.split('"').skip(1).step_by(2).take(2);
            names.extend(texts.filter(|it| is_name(it)).map(str::to_owned).next());
        }
    }
    names
}

/// Whether a text is a metric name of OpenTelemetry: words with dots between them.
fn is_name(text: &str) -> bool {
    let word =
        |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
    text.contains('.') && text.split('.').all(word)
}
