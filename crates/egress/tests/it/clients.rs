//! Tests of HTTP clients.

use std::{net::SocketAddr, time::Duration};

use egress::{Client, Egress, Method, NoClient, Refused};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use url::Url;

use crate::local;

/// A server with the same answer to each request; counts the connections.
async fn answering(answer: &'static str) -> (SocketAddr, tokio::sync::mpsc::UnboundedReceiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (told, connections) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = told.send(());
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (address, connections)
}

const EMPTY: &str = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";

fn client(egress: &Egress) -> Client {
    chassis::tls::install_provider();
    egress.client(|it| it.timeout(Duration::from_secs(10))).unwrap()
}

async fn get(client: &Client, url: &str) -> Result<u16, Option<Refused>> {
    let url: Url = url.parse().unwrap();
    let request = client.request(Method::GET, &url).map_err(Some)?;
    let answer = request.send().await.map_err(|error| Refused::behind(&error))?;
    Ok(answer.status().as_u16())
}

#[tokio::test]
async fn a_name_that_resolves_to_an_inner_address_leads_nowhere() {
    let (address, mut connections) = answering(EMPTY).await;
    let refusing = client(&Egress::default());
    let url = format!("https://localhost:{}/", address.port());
    let refused = get(&refusing, &url).await.unwrap_err();
    assert_eq!(refused, Some(Refused::Address("this host")));
    let url = format!("http://localhost:{}/", address.port());
    assert_eq!(get(&client(&local(true)), &url).await, Ok(204));
    assert!(connections.recv().await.is_some());
    assert!(connections.try_recv().is_err(), "the first client has connected too");
}

#[tokio::test]
async fn an_address_in_a_url_is_judged_although_nothing_resolves_it() {
    let (address, mut connections) = answering(EMPTY).await;
    let refusing = client(&Egress::default());
    for host in ["127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"] {
        for scheme in ["http", "https"] {
            let refused = get(&refusing, &format!("{scheme}://{host}:{}/", address.port())).await;
            assert_eq!(refused, Err(Some(Refused::Address("this host"))), "{scheme}://{host}");
        }
    }
    assert!(connections.try_recv().is_err());
}

#[tokio::test]
async fn a_key_goes_without_tls_only_where_the_operator_says_so() {
    let (address, mut connections) = answering(EMPTY).await;
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("http://{host}:{}/", address.port());
        assert_eq!(
            get(&client(&local(false)), &url).await,
            Err(Some(Refused::Plaintext)),
            "{host}"
        );
        assert!(connections.try_recv().is_err());
        assert_eq!(get(&client(&local(true)), &url).await, Ok(204), "{host}");
        connections.recv().await.unwrap();
    }
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let answer = "HTTP/1.1 302 Found\r\nlocation: http://localhost:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (address, _connections) = answering(answer).await;
    assert_eq!(get(&client(&local(true)), &format!("http://{address}/")).await, Ok(302));
}

#[tokio::test]
async fn a_client_for_an_address_asks_no_resolver_and_is_judged_too() {
    chassis::tls::install_provider();
    let (address, _connections) = answering(EMPTY).await;
    let at = |egress: &Egress| egress.client_at("site.invalid", address, |it| it);
    let refused = at(&Egress::default()).unwrap_err();
    assert!(matches!(refused, NoClient::Refused(Refused::Address("this host"))), "{refused:?}");
    let client = at(&local(false)).unwrap();
    let url = |host: &str| format!("http://{host}:{}/", address.port());
    assert_eq!(get(&client, &url("site.invalid")).await, Ok(204), "it carries no key");
    let refused = get(&client, &url("10.0.0.5")).await;
    assert_eq!(refused, Err(Some(Refused::Address("a private network"))));
}
