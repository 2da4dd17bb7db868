//! What the role of each service may do in the database, by trying.

use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions};

use crate::world::World;

const SERVICES: [&str; 5] = [
    "praho-api",
    "praho-provisioning-worker",
    "praho-virtualmin-gateway",
    "praho-dns-manager",
    "praho-drift-reconciler",
];

/// What nobody may do to the audit log: rewrite, cut or replace it, or switch off what guards it.
const ATTACKS: [&str; 17] = [
    "UPDATE audit_log SET actor = 'nobody'",
    "DELETE FROM audit_log",
    "TRUNCATE audit_log CASCADE",
    "DROP TABLE audit_log CASCADE",
    "ALTER TABLE audit_log DISABLE TRIGGER ALL",
    "ALTER TABLE audit_log RENAME TO old_log",
    "DROP TRIGGER audit_chain ON audit_log",
    "CREATE TRIGGER early BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "CREATE OR REPLACE FUNCTION audit_digest(entry audit_log) RETURNS bytea LANGUAGE sql AS $$SELECT ''::bytea$$",
    "SET session_replication_role = replica",
    "UPDATE audit_anchor SET seq = seq + 1",
    "DELETE FROM audit_anchor",
    "UPDATE audit_heads SET signature = ''",
    "DELETE FROM audit_heads",
    "TRUNCATE audit_heads",
    "CREATE TABLE audit_log_of_mine (seq bigint)",
    "CREATE SCHEMA mine",
];

/// Connections of the service's role.
async fn connected(world: &World, service: &str) -> PgPool {
    let url = world.database.url_of(service);
    PgPoolOptions::new().max_connections(1).connect(&url).await.unwrap()
}

/// Asserts that PostgreSQL refuses the statement for want of a right.
async fn refused(pool: &PgPool, service: &str, statement: &str) {
    let outcome = sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(pool).await;
    let error = outcome.expect_err(&format!("{service} may {statement}"));
    let code = error.as_database_error().and_then(|error| error.code());
    assert_eq!(code.as_deref(), Some("42501"), "{service}: {statement}: {error}");
}

async fn note(world: &World) {
    let tx = world.store.begin().await.unwrap();
    let detail = serde_json::json!({});
    tx.audit(world.tenant, &crate::world::origin(), "plan.create", "plan/1", detail).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn no_service_can_rewrite_cut_or_replace_the_audit_log() {
    let world = World::new().await;
    note(&world).await;
    for service in SERVICES {
        let pool = connected(&world, service).await;
        for attack in ATTACKS {
            refused(&pool, service, attack).await;
        }
    }
    assert_eq!(world.store.check_audit(0, 100).await.unwrap().breaks, Vec::<i64>::new());
}

#[tokio::test]
async fn tables_of_the_attackers_own_do_not_stand_before_ours() {
    let world = World::new().await;
    note(&world).await;
    for service in SERVICES {
        let pool = connected(&world, service).await;
        // A database whose owner leaves PUBLIC the right to temporary tables.
        let fake = format!(
            "CREATE TEMP TABLE audit_log (seq bigint, sha256 bytea);
             INSERT INTO audit_log VALUES (1000, 'forged');
             CREATE TEMP TABLE audit_anchor (seq bigint, at timestamptz, sha256 bytea);
             INSERT INTO audit_anchor VALUES (1000, now(), 'forged');
             SET search_path = pg_temp, public;
             INSERT INTO public.audit_log (seq, tenant_id, at, actor, action, target, correlation_id, previous_sha256, sha256)
             VALUES (7, '{}', '2020-01-01', 'a', 'b', 'c', 'd', 'e', 'f')",
            world.tenant
        );
        sqlx::raw_sql(AssertSqlSafe(fake)).execute(&pool).await.unwrap();
    }
    let checked = world.store.check_audit(0, 100).await.unwrap();
    assert_eq!((checked.to, checked.breaks), (Some(1 + SERVICES.len() as i64), Vec::new()));
}

#[tokio::test]
async fn the_api_retires_old_rows_and_no_young_ones() {
    let world = World::new().await;
    note(&world).await;
    let retire = "SELECT * FROM audit_retire_v1(interval '-1 year', 1000)";
    for service in &SERVICES[1..] {
        refused(&connected(&world, service).await, service, retire).await;
    }
    let outcome = sqlx::raw_sql(retire).execute(&connected(&world, SERVICES[0]).await).await;
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("onto a row that is 30 days old"), "{error}");
}

#[tokio::test]
async fn no_service_reads_the_secrets_of_another() {
    let world = World::new().await;
    let tokens = "SELECT sha256 FROM api_tokens";
    let credentials = "SELECT sealed_secret FROM server_credentials";
    let passwords = "SELECT sealed FROM account_passwords";
    let keys = "SELECT sealed_api_key FROM dns_servers";
    let readers: [(&str, &[&str]); 4] = [
        (tokens, &["praho-api"]),
        (credentials, &["praho-virtualmin-gateway"]),
        (passwords, &["praho-api", "praho-provisioning-worker", "praho-virtualmin-gateway"]),
        (keys, &["praho-dns-manager"]),
    ];
    for service in SERVICES {
        let pool = connected(&world, service).await;
        for (question, readers) in readers {
            if readers.contains(&service) {
                sqlx::query(question).fetch_all(&pool).await.unwrap();
            } else {
                refused(&pool, service, question).await;
            }
        }
    }
}

#[tokio::test]
async fn only_an_engine_ends_an_open_job() {
    let world = World::new().await;
    for service in ["praho-api", "praho-virtualmin-gateway", "praho-drift-reconciler"] {
        let pool = connected(&world, service).await;
        for statement in ["DELETE FROM jobs", "DELETE FROM open_jobs"] {
            refused(&pool, service, statement).await;
        }
    }
}

#[tokio::test]
async fn a_role_that_could_change_the_log_is_told() {
    let world = World::new().await;
    assert!(world.store.can_change_audit().await.unwrap(), "a superuser can");
    for service in SERVICES {
        assert!(!world.store_of(service).await.can_change_audit().await.unwrap(), "{service}");
    }
}
