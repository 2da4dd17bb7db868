//! Tests of silent, many and old connections, and of certificates that change.

use std::{
    fs,
    net::SocketAddr,
    time::{Duration, Instant},
};

use chassis::{
    Listener, Shutdown,
    config::{Limits, Listen},
    grpc,
    health::Health,
};
use futures_util::future::join_all;
use rustls_pki_types::ServerName;
use testkit::{Authority, Scratch, eventually};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use tonic::service::Routes;

use crate::ground::{Probes, client, listen, server};

/// A second to the first request.
fn hasty() -> Limits {
    Limits { first_request_seconds: 1, ..Limits::default() }
}

/// A gRPC server with health alone.
async fn grpc(listen: &Listen) -> SocketAddr {
    let shutdown = Shutdown::new();
    let listener = Listener::bind(listen).await.unwrap();
    let address = listener.address();
    let health = Health::new(&shutdown);
    tokio::spawn(grpc::serve(listener, Routes::default(), &[], health, shutdown));
    address
}

/// Whether the server closes the connection, after whatever it says first.
async fn is_closed(mut stream: impl AsyncRead + Unpin) -> bool {
    let mut rest = Vec::new();
    // A reset is an end too.
    timeout(Duration::from_secs(8), stream.read_to_end(&mut rest)).await.is_ok()
}

async fn says(address: SocketAddr, words: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(words).await.unwrap();
    stream
}

#[tokio::test]
async fn a_connection_that_asks_nothing_is_closed() {
    let folder = Scratch::new("listener");
    let authority = Authority::open(folder.path()).unwrap();
    let plain = Probes::start(&listen(None, hasty())).await.address;
    let calls = grpc(&listen(None, hasty())).await;
    let tls = listen(Some(server(&authority, "api", None)), hasty());
    let closed = Probes::start(&tls).await.address;

    let config = client(&authority, None);
    let roots = testkit::http::client_of(&config.ca.unwrap()).unwrap();
    assert!(
        roots.get(format!("https://{closed}/livez")).send().await.unwrap().status().is_success()
    );
    let silent: Vec<_> = join_all([
        says(plain, b""),
        says(plain, b"PRI * HTTP/2"),
        says(plain, b"GET /livez HTTP/1.1\r\nhost: a\r\nx-slow: "),
        says(plain, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"),
        says(calls, b""),
        says(calls, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"),
        says(closed, b""),
        says(closed, b"\x16\x03\x01"),
    ])
    .await;
    let closed = join_all(silent.into_iter().map(is_closed)).await;
    assert_eq!(closed, [true; 8]);
}

#[tokio::test]
async fn a_connection_that_is_silent_after_its_handshake_is_closed() {
    let folder = Scratch::new("listener");
    let authority = Authority::open(folder.path()).unwrap();
    let server = Probes::start(&listen(Some(server(&authority, "api", None)), hasty())).await;
    let roots = fs::read(authority.ca_file()).unwrap();
    let roots = rustls_pki_types::pem::PemObject::pem_slice_iter(&roots).collect::<Result<_, _>>();
    let config = chassis::tls::client_config(chassis::tls::Trust::Ca(roots.unwrap())).unwrap();
    let stream = TcpStream::connect(server.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TlsConnector::from(std::sync::Arc::new(config)).connect(name, stream).await;
    assert!(is_closed(stream.unwrap()).await);
}

#[tokio::test]
async fn a_connection_with_a_request_stays_until_it_is_old() {
    const GET: &[u8] = b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n";
    let limits = Limits { first_request_seconds: 1, age_seconds: 3, ..Limits::default() };
    let server = Probes::start(&listen(None, limits)).await;
    let start = Instant::now();
    let mut stream = says(server.address, GET).await;
    let mut rest = Vec::new();
    let ended = timeout(Duration::from_secs(10), stream.read_to_end(&mut rest)).await;
    ended.expect("it is closed in the end").unwrap();
    assert!(rest.starts_with(b"HTTP/1.1 200"));
    assert!(start.elapsed() >= Duration::from_millis(2900), "{:?}", start.elapsed());
}

/// Opens silent connections, as many of 5,000 as this process may have, and keeps them.
async fn flood(address: SocketAddr) -> Vec<TcpStream> {
    let mut flood = Vec::new();
    while flood.len() < 5000 {
        let connecting = (0..100).map(|_| TcpStream::connect(address));
        let opened = join_all(connecting).await.into_iter().flatten().collect::<Vec<_>>();
        if opened.is_empty() {
            break;
        }
        flood.extend(opened);
    }
    flood
}

/// The median and the longest time of an answer on a new connection.
async fn probed(address: SocketAddr) -> [Duration; 2] {
    let mut took = Vec::new();
    for _ in 0..21 {
        let start = Instant::now();
        let mut stream = says(address, b"GET /livez HTTP/1.0\r\n\r\n").await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.contains(" 200 "), "{answer}");
        took.push(start.elapsed());
    }
    took.sort();
    [took[10], took[20]]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "the figures of the attack")]
async fn five_thousand_silent_connections_hold_up_no_probe() {
    let public = Probes::start(&listen(None, Limits::default())).await;
    let calls = grpc(&listen(None, Limits::default())).await;
    let probes = Probes::start(&listen(None, Limits::default())).await;
    for (name, address) in [("HTTP", public.address), ("gRPC", calls), ("probes", probes.address)] {
        let flood = flood(address).await;
        let ([median, longest], held) = (probed(probes.address).await, flood.len());
        println!(
            "{name}: {held} silent connections, a probe takes {median:?}, {longest:?} at most"
        );
        assert!(held >= 2000, "this machine opens only {held} connections");
        assert!(median < Duration::from_millis(50), "{name}: {median:?}");
        if address == public.address {
            let [median, _] = probed(public.address).await;
            assert!(median < Duration::from_millis(50), "on the flooded port: {median:?}");
        }
    }
}

#[tokio::test]
async fn one_address_that_asks_leaves_places_for_the_others() {
    let limits = Limits { connections_per_address: 3, ..Limits::default() };
    let server = Probes::start(&listen(None, limits)).await;
    let mut kept = Vec::new();
    for _ in 0..3 {
        let mut stream = says(server.address, b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n").await;
        stream.read_exact(&mut [0; 12]).await.unwrap();
        kept.push(stream);
    }
    assert!(is_closed(TcpStream::connect(server.address).await.unwrap()).await);
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut other = socket.connect(server.address).await.unwrap();
    other.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut head = [0; 12];
    other.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
}

#[tokio::test]
async fn a_new_certificate_is_taken_and_a_bad_one_is_not() {
    let folder = Scratch::new("listener");
    let [first, second] =
        ["first", "second"].map(|it| Authority::open(&folder.path().join(it)).unwrap());
    let tls = server(&first, "api", None);
    let files = tls.files.pair.clone();
    let server = Probes::start(&listen(Some(tls), Limits::default())).await;
    let url = format!("https://{}/livez", server.address);
    let trusted = async |authority: &Authority| {
        let client = testkit::http::client_of(&authority.ca_file()).unwrap();
        client.get(&url).send().await.is_ok()
    };
    assert!(trusted(&first).await && !trusted(&second).await);

    // A key that does not fit: as long as it lies there, the old pair stays.
    let other = second.issue("api").unwrap();
    fs::copy(&other.key, &files.key).unwrap();
    let looked = Instant::now();
    eventually("the files are looked at", async || {
        assert!(trusted(&first).await);
        (looked.elapsed() > Duration::from_secs(5)).then_some(())
    })
    .await;
    fs::copy(&other.certificate, &files.certificate).unwrap();
    eventually("the new certificate is shown", async || trusted(&second).await.then_some(())).await;
    assert!(!trusted(&first).await);
    server.shutdown.request();
    server.served.await.unwrap().unwrap();
}
