//! A database that is reached by TLS under a private CA.

use std::time::Duration;

use store::Store;
use testkit::{
    Authority, Scratch, eventually_within,
    postgres::{Durability, Postgres},
};

/// Whether a database at `url` answers, and is given the schema.
async fn answers(url: &str) -> Result<(), String> {
    let store = Store::connect(url, 1).await.map_err(|error| error.to_string())?;
    store.migrate().await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn verify_full_accepts_the_database_of_the_named_ca_alone() {
    let folder = Scratch::new("postgres-tls");
    let authority = Authority::open(&folder.path().join("tls")).unwrap();
    let foreign = Authority::open(&folder.path().join("foreign")).unwrap();
    let server = Postgres::start(&folder.path().join("postgres"), Durability::Fast).await.unwrap();
    let url = |ca: &Authority| {
        let ca = ca.ca_file();
        format!("{}?sslmode=verify-full&sslrootcert={}", server.admin_url(), ca.display())
    };
    let error = answers(&url(&authority)).await.unwrap_err();
    assert!(!error.contains(&server.admin_url()), "{error}");

    server.offer_tls(&authority.issue("postgres").unwrap()).await.unwrap();
    let patience = Duration::from_secs(30);
    eventually_within(patience, "the database takes TLS", async || answers(&url(&authority)).await)
        .await;
    assert!(answers(&url(&foreign)).await.is_err());
    server.stop().await;
}
