//! Every place of the product that opens a connection is on a list, with the address that it goes to.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// How code opens a connection or resolves a name, in the libraries that are there.
const OPENERS: &[&str] = &[
    "ClientBuilder::new",
    "Client::builder",
    "Connection::connect",
    "Database::connect",
    "Endpoint::",
    "HttpConnector",
    "PgListener::connect",
    "PgPool::connect",
    "TcpSocket::",
    "TcpStream::connect",
    "ToSocketAddrs",
    "UdpSocket::bind",
    "UnixStream::connect",
    "client::connect(",
    "lookup_host",
    "reqwest::",
    "to_socket_addrs",
    "with_endpoint",
];

/// The places, and who chooses the address. One that a tenant chooses belongs into the crate `egress`, which judges it.
const PLACES: &[(&str, &str)] = &[
    ("chassis/src/grpc.rs", "the operator: another service of ours, by the configuration"),
    ("chassis/src/telemetry.rs", "the operator: the collector of traces"),
    ("cli/src/client.rs", "the person at the terminal: the API"),
    ("egress/src/client.rs", "a tenant: judged"),
    ("egress/src/lib.rs", "nobody: it names types"),
    ("egress/src/resolver.rs", "a tenant: judged"),
    ("egress/src/sockets.rs", "a tenant: judged; or the operator: a resolver of names"),
    ("messaging/src/line.rs", "the operator: RabbitMQ"),
    ("store/src/lib.rs", "the operator: PostgreSQL"),
    ("store/src/work/notifications.rs", "the operator: PostgreSQL"),
];

/// Crates that are no part of the product: what they start and call is their own.
const OTHERS: &[&str] = &["fixtures", "simulators", "testkit", "xtask"];

#[test]
fn only_the_places_of_the_list_open_connections() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let mut found = BTreeSet::new();
    for file in sources(&crates) {
        let name = file.strip_prefix(&crates).unwrap().to_string_lossy().into_owned();
        let product = !OTHERS.iter().any(|it| name.starts_with(&format!("{it}/")));
        if product && name.contains("/src/") && opens(&fs::read_to_string(&file).unwrap()) {
            found.insert(name);
        }
    }
    let listed: BTreeSet<String> = PLACES.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(found, listed, "files that open connections, and the list");
}

#[test]
fn the_search_finds_code_and_passes_over_comments_and_tests() {
    assert!(opens("let stream = TcpStream::connect(address).await?;"));
    assert!(!opens("// TcpStream::connect\nfn main() {}"));
    assert!(!opens("fn main() {}\n#[cfg(test)]\nmod tests { fn a() { TcpStream::connect(1); } }"));
}

/// Whether a file opens connections, but for its tests and its comments.
fn opens(source: &str) -> bool {
    let source = source.split("#[cfg(test)]\nmod").next().unwrap_or_default();
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.into_iter().any(|line| OPENERS.iter().any(|opener| line.contains(opener)))
}

/// The Rust files below a folder, without those that are tests alone.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            files.extend(sources(&path));
        } else if name.ends_with(".rs") && name != "tests.rs" {
            files.push(path);
        }
    }
    files
}
