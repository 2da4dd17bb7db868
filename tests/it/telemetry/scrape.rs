//! Checks the metrics of each service at `/metrics` against the table.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use contracts::provisioning::v1::plans_client::PlansClient;
use serde_json::json;
use testkit::eventually_within;
use tonic::Request;

use super::names::{Metric, table};
use crate::{
    broker::Broker,
    system::{System, id},
};

/// Table counts are refreshed every ten seconds, and each host is swept within seconds.
const SHOWN: Duration = Duration::from_secs(60);
/// The metric that the exporter adds itself.
const OF_THE_EXPORTER: &str = "target_info";

/// The label names of each shown family.
type Families = BTreeMap<String, BTreeSet<String>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_service_shows_the_metrics_of_the_table_and_no_others() {
    let system = System::start().await;
    let (service, _) = system.service().await;
    let activation = system.post(&format!("/services/{service}/activate"), json!({})).await;
    let account = format!("/accounts/{}", id(&activation["account"]));
    system.until("the account is active", &account, "active").await;
    let broker = Broker::connect(&system.servers.amqp_url, &system.prefix).await;
    broker.publish("praho.commands", "service.activate", b"rubbish", "order-1").await;
    let channel = system.channel().await;
    let refused = PlansClient::new(channel).list_plans(Request::new(Default::default())).await;
    refused.unwrap_err();

    let table = table();
    eventually_within(SHOWN, "all metrics are shown", async || {
        let mut shown = BTreeMap::new();
        for service in system.services() {
            shown.insert(plain(service.name()), families(&service.metrics().await));
        }
        for (service, families) in &shown {
            nothing_else(service, families, &table);
        }
        let missing: Vec<_> = table.values().filter_map(|metric| missing(metric, &shown)).collect();
        if missing.is_empty() { Ok(()) } else { Err(missing) }
    })
    .await;
}

/// The name of a service in the table.
fn plain(name: &str) -> String {
    if name.starts_with("worker") {
        return "provisioning-worker".to_owned();
    }
    name.trim_start_matches("praho-").to_owned()
}

fn nothing_else(service: &str, families: &Families, table: &BTreeMap<String, Metric>) {
    for (family, labels) in families.iter().filter(|(family, _)| *family != OF_THE_EXPORTER) {
        let metric = table.values().find(|it| it.family == *family);
        let metric = metric.unwrap_or_else(|| panic!("{service}: {family} is not in the table"));
        assert!(metric.services.iter().any(|it| it == service), "{service} shows {family}");
        assert_eq!(*labels, metric.labels, "{service}: labels of {family}");
    }
}

fn missing(metric: &Metric, shown: &BTreeMap<String, Families>) -> Option<String> {
    let shows = |it: &&String| shown[*it].contains_key(&metric.family);
    let found = match metric.any {
        true => metric.services.iter().any(|it| shows(&it)),
        false => metric.services.iter().all(|it| shows(&it)),
    };
    (!found).then(|| metric.family.clone())
}

/// Parses the families of a scrape that have at least one value.
fn families(text: &str) -> Families {
    let kinds = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let kinds: Vec<(&str, &str)> = kinds.filter_map(|line| line.split_once(' ')).collect();
    let mut families = Families::new();
    for (family, kind) in kinds {
        let sample =
            if kind == "histogram" { format!("{family}_count") } else { family.to_owned() };
        let values = text.lines().filter_map(|line| line.strip_prefix(&sample));
        for value in values.filter(|it| it.starts_with(['{', ' '])) {
            let labels =
                value.trim_start_matches('{').split_once('}').map_or("", |(labels, _)| labels);
            let names = labels.split("\",").filter_map(|it| it.split_once("=\"")).map(|it| it.0);
            families.entry(family.to_owned()).or_default().extend(names.map(str::to_owned));
        }
    }
    families
}
