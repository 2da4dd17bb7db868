//! `migrations/schema.sql` is the schema that all migrations together make.

use std::fs;

use tokio::process::Command;

use crate::world::World;

/// The schema of a database from `pg_dump`, without the parts that depend on the machine or PostgreSQL's
/// version.
async fn dump(url: &str) -> String {
    let output = Command::new(testkit::postgres::programs().unwrap().join("pg_dump"))
        .args(["--schema-only", "--no-owner", "--exclude-table=_sqlx_migrations"])
        .arg(url)
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let dump = String::from_utf8(output.stdout).unwrap();
    let settings = ["--", "SET ", "SELECT pg_catalog.set_config", "\\restrict", "\\unrestrict"];
    let mut schema =
        "-- Made by `store/tests/it/schema.rs` from the migrations. Read it, do not edit it.\n\n"
            .to_owned();
    for line in dump.lines() {
        let is_repeated_blank = line.is_empty() && schema.ends_with("\n\n");
        if !is_repeated_blank && !settings.iter().any(|setting| line.starts_with(setting)) {
            schema.push_str(line);
            schema.push('\n');
        }
    }
    schema.trim_end().to_owned() + "\n"
}

#[tokio::test]
async fn the_schema_in_one_file_is_what_the_migrations_make() {
    let world = World::new().await;
    let made = dump(&world.database.url).await;
    if include_str!("../../../../migrations/schema.sql") == made {
        return;
    }
    let fresh = concat!(env!("CARGO_TARGET_TMPDIR"), "/schema.sql");
    fs::write(fresh, made).unwrap();
    panic!(
        "migrations/schema.sql is not what the migrations make; look at what changed, then: cp {fresh} migrations/schema.sql"
    );
}
