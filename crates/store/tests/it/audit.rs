//! The audit log cannot be changed, tampering shows, and old rows leave in order.

use model::job::Origin;
use serde_json::json;
use tokio::task::JoinSet;

use crate::world::{World, origin, restricted};

async fn audit(world: &World, rows: i32) {
    for number in 0..rows {
        let tx = world.store.begin().await.unwrap();
        let detail = json!({ "number": number });
        let (tenant, target) = (world.tenant, "service/1");
        tx.audit(tenant, &origin(), "service.activate", target, detail).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// The rows that do not follow from the row before, found in windows of two rows.
async fn breaks(world: &World) -> Vec<i64> {
    let (mut after, mut breaks) = (0, Vec::new());
    loop {
        let checked = world.store.check_audit(after, 2).await.unwrap();
        breaks.extend(checked.breaks);
        match checked.to {
            Some(to) => after = to,
            None => return breaks,
        }
    }
}

/// Disables the table's triggers for one statement, which only the table's owner can do.
async fn tamper(world: &World, statement: &str) {
    let statement = format!(
        "ALTER TABLE audit_log DISABLE TRIGGER USER; {statement}; ALTER TABLE audit_log ENABLE TRIGGER USER"
    );
    world.meddle(&statement).await.unwrap();
}

#[tokio::test]
async fn rows_cannot_be_changed_or_removed() {
    let world = World::new().await;
    audit(&world, 2).await;
    for statement in [
        "UPDATE audit_log SET actor = 'nobody' WHERE seq = 1",
        "DELETE FROM audit_log WHERE seq = 2",
        "TRUNCATE audit_log",
    ] {
        assert_eq!(world.refusal(statement).await, restricted(""), "{statement}");
    }
    assert_eq!(breaks(&world).await, [0; 0]);
}

#[tokio::test]
async fn a_head_is_of_a_row_of_the_log_and_stays() {
    let world = World::new().await;
    audit(&world, 3).await;
    let head = |number: i32, hash: &str| {
        format!(
            "INSERT INTO audit_heads (seq, sha256, key_id, public_key, signature)
             VALUES ({number}, (SELECT {hash} FROM audit_log WHERE seq = 2), 'k', '', '')"
        )
    };
    world.meddle(&head(2, "sha256")).await.unwrap();
    for statement in [
        &head(1, "previous_sha256"),
        &head(3, "sha256"),
        &head(4, "sha256"),
        "UPDATE audit_heads SET sha256 = ''",
        "DELETE FROM audit_heads",
        "TRUNCATE audit_heads",
    ] {
        assert_eq!(world.refusal(statement).await, restricted(""), "{statement}");
    }
}

#[tokio::test]
async fn the_caller_cannot_choose_number_moment_or_hash() {
    let world = World::new().await;
    audit(&world, 1).await;
    let forged = format!(
        "INSERT INTO audit_log VALUES
            (900, '{}', '2001-01-01', 'actor', 'action', 'target', 'correlation', '{{}}', '', '')",
        world.tenant
    );
    world.meddle(&forged).await.unwrap();
    let seqs: Vec<i64> = sqlx::query_scalar(
        "SELECT seq FROM audit_log WHERE at > now() - interval '1 minute' ORDER BY seq",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    assert_eq!(seqs, [1, 2]);
    assert_eq!(breaks(&world).await, [0; 0]);
}

#[tokio::test]
async fn every_changed_column_breaks_the_chain() {
    for change in [
        "actor = 'nobody'",
        "action = 'service.suspend'",
        "target = 'service/2'",
        "correlation_id = 'other'",
        "detail = '{}'",
        "at = at - interval '1 microsecond'",
    ] {
        let world = World::new().await;
        audit(&world, 3).await;
        tamper(&world, &format!("UPDATE audit_log SET {change} WHERE seq = 2")).await;
        assert_eq!(breaks(&world).await, [2], "{change}");
    }
}

#[tokio::test]
async fn a_change_with_a_fitting_hash_breaks_the_row_after_it() {
    let world = World::new().await;
    audit(&world, 3).await;
    let rewritten = "UPDATE audit_log SET actor = 'nobody' WHERE seq = 2;
                     UPDATE audit_log entry SET sha256 = audit_digest(entry) WHERE seq = 2";
    tamper(&world, rewritten).await;
    assert_eq!(breaks(&world).await, [3]);
}

#[tokio::test]
async fn a_row_cut_out_breaks_the_chain() {
    let world = World::new().await;
    audit(&world, 3).await;
    tamper(&world, "DELETE FROM audit_log WHERE seq = 2").await;
    assert_eq!(breaks(&world).await, [3]);
    tamper(&world, "DELETE FROM audit_log WHERE seq = 1").await;
    assert_eq!(breaks(&world).await, [3]);
}

#[tokio::test]
async fn many_at_once_make_one_chain() {
    let world = World::new().await;
    let mut tasks = JoinSet::new();
    for number in 0..12 {
        let (store, tenant) = (world.store.clone(), world.tenant);
        tasks.spawn(async move {
            let tx = store.begin().await.unwrap();
            let detail = json!({ "number": number });
            tx.audit(tenant, &origin(), "action", "target", detail).await.unwrap();
            if number % 3 == 0 {
                // A rolled-back change leaves no gap.
                return;
            }
            tx.commit().await.unwrap();
        });
    }
    tasks.join_all().await;
    let (rows, last): (i64, i64) = sqlx::query_as("SELECT count(*), max(seq) FROM audit_log")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert_eq!((rows, last), (8, 8));
    assert_eq!(breaks(&world).await, [0; 0]);
}

#[tokio::test]
async fn a_flood_of_denied_calls_is_one_row_for_each_actor_and_operation() {
    let world = World::new().await;
    // The trigger gives all rows the same minute, since the calls may come in two.
    world
        .meddle(
            "CREATE FUNCTION at_noon() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                NEW.at := '2026-01-01T12:00:30Z'; RETURN NEW; END $$;
             CREATE TRIGGER zz_at_noon BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION at_noon()",
        )
        .await
        .unwrap();
    let mut tasks = JoinSet::new();
    for number in 0..12 {
        let (store, tenant) = (world.store.clone(), world.tenant);
        let actor = format!("token:{}", number % 2);
        tasks.spawn(async move {
            let origin = Origin { actor, ..origin() };
            for operation in ["Plans/CreatePlan", "Tokens/CreateToken"] {
                store.audit_denial(tenant, &origin, operation, json!({})).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT actor, target FROM audit_log WHERE action = 'access.denied' ORDER BY 1, 2",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    let wanted = ["token:0", "token:1"].map(|actor| {
        ["operation/Plans/CreatePlan", "operation/Tokens/CreateToken"]
            .map(|target| (actor.to_owned(), target.to_owned()))
    });
    assert_eq!(rows, wanted.concat());
}

const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

/// Makes the first rows 100 days old, with fitting hashes.
async fn age(world: &World, rows: i32) {
    let aged = format!(
        "UPDATE audit_log SET at = at - interval '100 days' WHERE seq <= {rows};
         DO $$ DECLARE number bigint; BEGIN
            FOR number IN SELECT seq FROM audit_log ORDER BY seq LOOP
                UPDATE audit_log entry SET previous_sha256 =
                    coalesce((SELECT sha256 FROM audit_log WHERE seq = number - 1), '') WHERE seq = number;
                UPDATE audit_log entry SET sha256 = audit_digest(entry) WHERE seq = number;
            END LOOP; END $$"
    );
    tamper(world, &aged).await;
    assert_eq!(breaks(world).await, [0; 0]);
}

#[tokio::test]
async fn old_rows_leave_and_the_chain_goes_on() {
    let world = World::new().await;
    audit(&world, 5).await;
    age(&world, 3).await;
    let take = async |kept| {
        let tx = world.store.begin().await.unwrap();
        let taken = tx.take_old_audit(kept).await.unwrap();
        tx.commit().await.unwrap();
        taken.iter().map(|row| row["seq"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(take(101 * DAY).await, [0; 0]);
    assert_eq!(take(60 * DAY).await, [1, 2, 3]);
    assert_eq!(take(60 * DAY).await, [0; 0]);
    audit(&world, 1).await;
    assert_eq!(breaks(&world).await, [0; 0]);
    tamper(&world, "DELETE FROM audit_log WHERE seq = 4").await;
    assert_eq!(breaks(&world).await, [5]);
}

#[tokio::test]
async fn a_log_that_has_only_old_rows_goes_on_from_its_anchor() {
    let world = World::new().await;
    audit(&world, 2).await;
    age(&world, 2).await;
    let tx = world.store.begin().await.unwrap();
    assert_eq!(tx.take_old_audit(60 * DAY).await.unwrap().len(), 2);
    tx.commit().await.unwrap();
    audit(&world, 1).await;
    let (first, breaks) = (
        sqlx::query_scalar::<_, i64>("SELECT min(seq) FROM audit_log").fetch_one(&world.pool).await,
        breaks(&world).await,
    );
    assert_eq!((first.unwrap(), breaks), (3, vec![]));
}

#[tokio::test]
async fn the_anchor_moves_onto_old_rows_only() {
    let world = World::new().await;
    audit(&world, 3).await;
    age(&world, 1).await;
    let to = |seq: i32| {
        format!(
            "UPDATE audit_anchor SET seq = entry.seq, at = entry.at, sha256 = entry.sha256
             FROM audit_log entry WHERE entry.seq = {seq}"
        )
    };
    for statement in [
        to(2).as_str(),
        "UPDATE audit_anchor SET seq = 2, at = now() - interval '1 year', sha256 = ''",
        "UPDATE audit_anchor SET seq = -1",
        "DELETE FROM audit_anchor",
        "TRUNCATE audit_anchor",
    ] {
        assert_eq!(world.refusal(statement).await, restricted(""), "{statement}");
    }
    world.meddle(&to(1)).await.unwrap();
    assert_eq!(world.refusal("DELETE FROM audit_log WHERE seq = 2").await, restricted(""));
}
