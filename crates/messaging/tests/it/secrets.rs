//! No error shows a password.

use std::time::{Duration, Instant};

use messaging::{Broker, BrokerConfig, Error, topology::Owner};

const PASSWORD: &str = "hunter2-is-secret";

fn config(url: &str) -> BrokerConfig<'_> {
    BrokerConfig { url, prefix: "", connection_name: "messaging-test", owner: Owner::Administrator }
}

fn shows_no_password(error: &Error) {
    let shown = format!("{error} {error:?} {error:#?}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[tokio::test]
async fn a_url_that_cannot_be_read_is_named_and_not_shown() {
    for url in [
        format!("amqp:user:{PASSWORD}@broker.example.net"),
        format!("http://user:{PASSWORD}@broker.example.net/"),
        format!("amqp://user:{PASSWORD}@broker.example.net:port/%2f"),
        format!("amqp://user:{PASSWORD}@broker.example.net/%2f?heartbeat={PASSWORD}"),
        PASSWORD.to_owned(),
        format!("{PASSWORD}:5672"),
        String::new(),
    ] {
        let error = Broker::connect(config(&url)).await.unwrap_err();
        shows_no_password(&error);
        assert!(error.to_string().starts_with("amqp.url: "), "{error}");
    }
}

#[tokio::test]
async fn a_prefix_that_is_too_long_is_refused() {
    let prefix = "p".repeat(201);
    let config = BrokerConfig { prefix: &prefix, ..config("amqp://127.0.0.1:5672/%2f") };
    let error = Broker::connect(config).await.unwrap_err();
    assert!(error.to_string().starts_with("amqp.prefix: "), "{error}");
}

#[tokio::test]
async fn a_refused_login_shows_no_password() {
    let servers = testkit::servers();
    let address = servers.amqp_url.rsplit_once('@').unwrap().1;
    let url = format!("amqp://nobody:{PASSWORD}@{address}");
    let broker = Broker::connect(config(&url)).await.unwrap();
    let error = broker.declare().await.unwrap_err();
    shows_no_password(&error);
    assert!(error.to_string().contains("ACCESS_REFUSED"), "{error}");
    assert!(!format!("{broker:?} {broker:#?}").contains("hunter2"));
}

#[tokio::test]
async fn an_unreachable_broker_delays_no_call() {
    let port = testkit::free_port();
    let url = format!("amqp://user:{PASSWORD}@127.0.0.1:{port}/%2f");
    let began = Instant::now();
    let broker = Broker::connect(config(&url)).await.unwrap();
    shows_no_password(&broker.ping().await.unwrap_err());
    shows_no_password(&broker.declare().await.unwrap_err());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
