//! Databases for tests: each is a clone of a template that is migrated once.

use std::fmt::Display;
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection};
use url::Url;
use uuid::Uuid;

use super::statement::execute;
use crate::process::Process;
use crate::servers::{Servers, directory};

/// A database for one test, deleted on drop.
#[derive(Debug)]
pub struct Database {
    /// The URL of the database, as superuser.
    pub url: String,
    name: String,
    admin_url: String,
}

/// A fresh database on the shared test server: a clone of the template named `template`.
///
/// The first caller creates the template: `migrate` gets the URL of an empty database. All later callers, in
/// any process, clone the template (about 50 ms). The name should contain a hash of the migrations, so that a
/// changed migration makes a new template.
///
/// # Panics
/// If the test servers do not run, or if `migrate` fails.
pub async fn fresh<E: Display>(
    template: &str,
    migrate: impl AsyncFnOnce(String) -> Result<(), E>,
) -> Database {
    let admin_url = Servers::running().database_url;
    match clone_of_template(&admin_url, template, migrate).await {
        Ok(database) => database,
        Err(error) => panic!("no database from the template {template}: {error:#}"),
    }
}

async fn clone_of_template<E: Display>(
    admin_url: &str,
    template: &str,
    migrate: impl AsyncFnOnce(String) -> Result<(), E>,
) -> Result<Database> {
    let template = template_name(template);
    let mut admin = PgConnection::connect(admin_url).await.context("cannot connect")?;
    if !exists(&mut admin, &template).await? {
        make_template(&mut admin, admin_url, &template, migrate).await?;
    }
    let name = format!("test_{}", Uuid::new_v4().simple());
    // Copying files takes half the processor time of PostgreSQL's usual way, which logs every page: 15 ms for 10 MB.
    let clone = format!("create database {name} template {template} strategy file_copy");
    execute(&mut admin, clone).await?;
    Ok(Database { url: with_name(admin_url, &name)?, name, admin_url: admin_url.to_owned() })
}

async fn make_template<E: Display>(
    admin: &mut PgConnection,
    admin_url: &str,
    template: &str,
    migrate: impl AsyncFnOnce(String) -> Result<(), E>,
) -> Result<()> {
    // One process makes the template while the others wait. The lock ends with the connection, so a killed
    // process blocks no other. The rename at the end keeps a half-made template from use.
    let mut lock = PgConnection::connect(admin_url).await?;
    sqlx::query("select pg_advisory_lock(hashtextextended($1, 0))")
        .bind(template)
        .execute(&mut lock)
        .await?;
    if exists(admin, template).await? {
        return Ok(());
    }
    let making = format!("making_{}", Uuid::new_v4().simple());
    execute(admin, format!("create database {making}")).await?;
    migrate(with_name(admin_url, &making)?)
        .await
        .map_err(|error| anyhow!("its migration failed: {error}"))?;
    // The migration's pool may still be closing. PostgreSQL renames or clones a database only without
    // connections.
    execute(admin, format!("alter database {making} allow_connections false")).await?;
    sqlx::query("select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = $1")
        .bind(&making)
        .execute(&mut *admin)
        .await?;
    execute(admin, format!("alter database {making} rename to {template}")).await
}

async fn exists(admin: &mut PgConnection, name: &str) -> Result<bool> {
    sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(name)
        .fetch_one(admin)
        .await
        .context("cannot read pg_database")
}

/// A name of at most 63 bytes (PostgreSQL's limit) that needs no quotes. The digest distinguishes names that
/// shortening and replacing would make equal.
fn template_name(name: &str) -> String {
    let readable: String = name
        .chars()
        .map(
            |letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' },
        )
        .take(32)
        .collect();
    let digest = Sha256::digest(name.as_bytes());
    format!("template_{readable}_{}", hex::encode(&digest[..8]))
}

fn with_name(url: &str, database: &str) -> Result<String> {
    let mut url = Url::parse(url).context("the server's URL is not one")?;
    url.set_path(database);
    Ok(url.into())
}

impl Database {
    /// The URL of the database for the program `service`, which gets the rights of its role.
    #[must_use]
    pub fn url_of(&self, service: &str) -> String {
        with_role(&self.url, service)
    }
}

/// The URL of a superuser as that of the role of the program `service`: `praho_api` for `praho-api`.
#[must_use]
pub fn with_role(url: &str, service: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}options=-c%20role%3D{}", service.replace('-', "_"))
}

impl Drop for Database {
    /// Starts a process that drops the database, without waiting for it.
    ///
    /// Waiting here would block the test's runtime. PostgreSQL waits for every backend before it drops a
    /// database, and one of them may be logging in from the blocked runtime.
    fn drop(&mut self) {
        let Ok(url) = Url::parse(&self.admin_url) else { return };
        let mut psql = Command::new("psql");
        psql.args(["-q", "-c", &format!("drop database if exists {} with (force)", self.name)])
            .env("PGHOST", url.host_str().unwrap_or_default())
            .env("PGPORT", url.port().unwrap_or_default().to_string())
            .env("PGUSER", url.username())
            .env("PGPASSWORD", url.password().unwrap_or_default())
            .env("PGDATABASE", url.path().trim_start_matches('/'));
        // A leftover database costs only disk: the test servers start with empty data next time.
        let _ = Process::spawn(&mut psql, &directory().join("drop-database.log"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn migrate(url: String) -> Result<()> {
        let mut connection = PgConnection::connect(&url).await?;
        execute(&mut connection, "create table made (at timestamptz default now())".to_owned())
            .await?;
        execute(&mut connection, "insert into made default values".to_owned()).await
    }

    async fn rows(database: &Database) -> i64 {
        let mut connection = PgConnection::connect(&database.url).await.unwrap();
        execute(&mut connection, "insert into made default values".to_owned()).await.unwrap();
        sqlx::query_scalar("select count(*) from made").fetch_one(&mut connection).await.unwrap()
    }

    #[tokio::test]
    async fn many_at_once_share_one_template_and_nothing_else() {
        let template = crate::unique("shared");
        let one = async || rows(&fresh(&template, migrate).await).await;
        let counts = tokio::join!(one(), one(), one(), one(), one());
        assert_eq!(counts, (2, 2, 2, 2, 2));
    }

    #[tokio::test]
    async fn is_gone_after_its_drop() {
        let database = fresh("plain", migrate).await;
        let (name, admin_url) = (database.name.clone(), database.admin_url.clone());
        drop(database);
        let mut admin = PgConnection::connect(&admin_url).await.unwrap();
        crate::eventually("the database to go", async || {
            (!exists(&mut admin, &name).await.unwrap()).then_some(())
        })
        .await;
    }

    #[tokio::test]
    #[should_panic(expected = "its migration failed: no such table")]
    async fn a_failed_migration_is_not_kept_as_a_template() {
        let template = crate::unique("broken");
        fresh(&template, async |_| Err("no such table")).await;
    }

    #[test]
    fn a_template_may_be_called_anything_of_any_length() {
        let long = "Store: v1".repeat(20);
        assert!(template_name(&long).starts_with("template_store__v1store__v1"));
        assert!(template_name(&long).len() <= 63);
        assert_ne!(template_name(&long), template_name(&format!("{long}2")));
    }
}
