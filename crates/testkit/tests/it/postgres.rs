//! A private PostgreSQL for one test.

use sqlx::{Connection, PgConnection};
use testkit::Scratch;
use testkit::postgres::{Durability, Postgres};

async fn ask(url: &str, statement: &'static str) -> String {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar(statement).fetch_one(&mut connection).await.unwrap()
}

#[tokio::test]
async fn keeps_its_data_over_a_restart_a_crash_and_a_stop() {
    let scratch = Scratch::new("postgres");
    let folder = scratch.path().join("postgres");
    let server = Postgres::start(&folder, Durability::Durable).await.unwrap();
    let url = server.create_database("praho").await.unwrap();
    assert_eq!(server.create_database("praho").await.unwrap(), url);
    ask(&url, "with made as (select set_config('a.b', 'c', false)) select 'ok'").await;

    server.restart().await.unwrap();
    assert_eq!(ask(&url, "select current_database()::text").await, "praho");

    server.kill().await;
    assert!(Postgres::attach(&folder).is_none());
    server.restart().await.unwrap();
    assert_eq!(ask(&url, "select current_setting('fsync')").await, "on");

    server.stop().await;
    let again = Postgres::start(&folder, Durability::Durable).await.unwrap();
    assert_eq!(again.url("praho"), url);
    assert_eq!(ask(&url, "select current_database()::text").await, "praho");
}

#[tokio::test]
async fn a_second_start_finds_the_first() {
    let scratch = Scratch::new("postgres");
    let folder = scratch.path().join("postgres");
    let first = Postgres::start(&folder, Durability::Fast).await.unwrap();
    let second = Postgres::start(&folder, Durability::Fast).await.unwrap();
    assert_eq!(first.admin_url(), second.admin_url());
    assert_eq!(ask(&first.admin_url(), "select current_setting('fsync')").await, "off");
    assert_eq!(ask(&first.admin_url(), "select current_setting('max_connections')").await, "300");
}

#[tokio::test]
async fn reports_the_error_and_the_remedy_when_it_cannot_start() {
    let scratch = Scratch::new("postgres");
    let folder = scratch.path().join("postgres");
    let server = Postgres::start(&folder, Durability::Fast).await.unwrap();
    server.stop().await;
    std::fs::remove_dir_all(folder.join("data/global")).unwrap();
    let error = Postgres::start(&folder, Durability::Fast).await.unwrap_err().to_string();
    assert!(error.starts_with("PostgreSQL ended while starting"), "{error}");
    assert!(error.contains("could not open file"), "{error}");
    assert!(error.contains("remedy: "), "{error}");
}

#[tokio::test]
async fn takes_another_port_when_its_own_was_taken_meanwhile() {
    let scratch = Scratch::new("postgres");
    let folder = scratch.path().join("postgres");
    let server = Postgres::start(&folder, Durability::Fast).await.unwrap();
    server.stop().await;
    let port = url::Url::parse(&server.admin_url()).unwrap().port().unwrap();
    let _thief = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let moved = Postgres::start(&folder, Durability::Fast).await.unwrap();
    assert_ne!(moved.admin_url(), server.admin_url());
    assert_eq!(ask(&moved.admin_url(), "select 'here'").await, "here");
}
