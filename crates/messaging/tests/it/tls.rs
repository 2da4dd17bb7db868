//! A broker that is reached by TLS under a private CA.

use messaging::{Broker, BrokerConfig, Error, topology::Owner};
use testkit::{Authority, Scratch, eventually, rabbitmq::RabbitMq};

async fn connect(url: &str) -> messaging::Result<Broker> {
    Broker::connect(BrokerConfig {
        url,
        prefix: "",
        connection_name: "messaging-test",
        owner: Owner::Administrator,
    })
    .await
}

#[tokio::test]
async fn a_broker_of_a_private_ca_is_trusted_where_the_url_names_it_and_nowhere_else() {
    let folder = Scratch::new("amqps");
    let authority = Authority::open(&folder.path().join("tls")).unwrap();
    let place = folder.path().join("rabbitmq");
    let server = RabbitMq::start_with_tls(&place, &authority).await.unwrap();
    let url = server.tls_url().unwrap();
    let broker = connect(&url).await.unwrap();
    eventually("the broker answers by TLS", async || broker.ping().await.ok()).await;

    let (plain, _) = url.split_once('?').unwrap();
    let stranger = connect(plain).await.unwrap();
    assert!(stranger.ping().await.is_err(), "the system's roots do not know it");
    let foreign = Authority::open(&folder.path().join("foreign")).unwrap();
    let foreign = format!("{plain}?cacertfile={}", foreign.ca_file().display());
    assert!(connect(&foreign).await.unwrap().ping().await.is_err());
    server.stop().await;
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named_and_not_the_password() {
    let url = "amqps://praho:hunter2@127.0.0.1:1/%2f?cacertfile=/nowhere/ca.crt";
    let error = connect(url).await.unwrap_err();
    assert!(matches!(error, Error::Ca { .. }), "{error}");
    let text = format!("{error} {error:?}");
    assert!(text.contains("/nowhere/ca.crt") && !text.contains("hunter2"), "{text}");
}
