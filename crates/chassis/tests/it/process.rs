//! Tests of a service's start and end as a process.

use crate::specimen::{Specimen, command, output};

#[tokio::test]
async fn ends_with_0_when_told_to_stop() {
    for signal in ["TERM", "INT"] {
        let specimen = Specimen::start(&[]).await;
        specimen.signal(signal);
        assert_eq!(specimen.ended().await, Some(0), "{signal}");
    }
}

#[tokio::test]
async fn leaves_at_once_when_told_to_stop_twice() {
    let mut specimen = Specimen::start(&[("PRAHO__BEHAVIOUR", "deaf")]).await;
    specimen.signal("TERM");
    specimen.line("told to stop: finishing what is under way").await;
    specimen.signal("TERM");
    specimen.line("told to stop again: leaving at once").await;
    assert_eq!(specimen.ended().await, Some(1));
}

#[tokio::test]
async fn ends_with_1_and_the_reason_once_in_the_log_when_a_part_fails() {
    let out = output(command(&[("PRAHO__BEHAVIOUR", "fails")])).await;
    assert_eq!(out.status.code(), Some(1));
    let log = String::from_utf8(out.stdout).unwrap();
    assert_eq!(log.matches("out of order").count(), 1, "{log}");
    assert!(log.contains(r#""error":"part failed: out of order""#), "{log}");
}

#[tokio::test]
async fn a_panic_is_in_the_log_with_its_place_and_stops_the_service() {
    for behaviour in ["panics", "collapses"] {
        let out = output(command(&[("PRAHO__BEHAVIOUR", behaviour)])).await;
        assert_eq!(out.status.code(), Some(1));
        let log = String::from_utf8(out.stdout).unwrap();
        assert!(log.contains(r#""panic.message":"beyond repair""#), "{log}");
        assert!(log.contains("specimen.rs:"), "{log}");
    }
}

#[tokio::test]
async fn ends_with_78_and_every_fault_when_the_configuration_is_wrong() {
    let out = output(command(&[
        ("PRAHO__HTTP__LISTEN", "everywhere"),
        ("PRAHO__DATABASE__URL", "mysql://u:hunter2@localhost/db"),
        ("PRAHO__DATABASE__MAX_CONNECTIONS", "many"),
        ("PRAHO__AMQP__PREFETCH", "0"),
        ("PRAHO__TELEMETRY__FORMAT", "xml"),
        ("PRAHO__TELEMETRY__FILTRE", "info"),
    ]))
    .await;
    assert_eq!(out.status.code(), Some(78));
    let told = String::from_utf8(out.stderr).unwrap();
    assert!(!told.contains("hunter2"), "{told}");
    let keys: Vec<_> = told.lines().skip(1).map(|line| line.split(": ").next().unwrap()).collect();
    let expected = [
        "amqp.prefetch",
        "amqp.url",
        "database.max_connections",
        "database.url",
        "http.listen",
        "telemetry.filtre",
        "telemetry.format",
    ];
    assert_eq!(keys, expected, "{told}");
}

#[tokio::test]
async fn checks_a_configuration_without_starting() {
    let mut good = command(&[]);
    good.arg("--check-config");
    assert_eq!(output(good).await.status.code(), Some(0));
    let mut bad = command(&[("PRAHO__DATABASE__URL", "nonsense")]);
    bad.arg("--check-config");
    assert_eq!(output(bad).await.status.code(), Some(78));
}

#[tokio::test]
async fn explains_itself_and_refuses_other_arguments() {
    for (argument, code) in [("--version", 0), ("--help", 0), ("--frobnicate", 64)] {
        let mut command = command(&[]);
        command.arg(argument);
        assert_eq!(output(command).await.status.code(), Some(code), "{argument}");
    }
}

#[tokio::test]
async fn log_lines_carry_trace_and_correlation_even_when_only_warnings_are_logged() {
    let mut specimen =
        Specimen::start(&[("PRAHO__TELEMETRY__FILTER", "warn,chassis::http=info")]).await;
    let answer = reqwest_client()
        .get(specimen.url("/things/7?token=hunter2"))
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .header("x-correlation-id", "order-7")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["x-correlation-id"], "order-7");
    let handed_on = answer.text().await.unwrap();
    let line = specimen.line("at work").await;
    assert_eq!(line["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    assert!(handed_on.contains(line["span_id"].as_str().unwrap()), "{handed_on}");
    assert_eq!(line["correlation_id"], "order-7");
    assert_eq!(line["service"], "praho-specimen");
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["job.id"], 7);
    assert!(!line.to_string().contains("hunter2"), "{line}");
}

#[tokio::test]
async fn metrics_name_the_route_and_not_the_path() {
    let specimen = Specimen::start(&[]).await;
    let client = reqwest_client();
    for path in ["/things/7", "/things/8"] {
        client.get(specimen.url(path)).send().await.unwrap();
    }
    let metrics = client.get(specimen.url("/metrics")).send().await.unwrap().text().await.unwrap();
    let count = metrics
        .lines()
        .find(|line| line.starts_with("http_server_request_duration_seconds_count"))
        .unwrap_or_else(|| panic!("{metrics}"));
    assert!(count.contains(r#"http_route="/things/{id}""#) && count.ends_with(" 2"), "{count}");
    assert!(metrics.contains(r#"service_name="praho-specimen""#), "{metrics}");
}

fn reqwest_client() -> reqwest::Client {
    chassis::tls::install_provider();
    let limit = std::time::Duration::from_secs(10);
    reqwest::Client::builder().timeout(limit).build().unwrap()
}
