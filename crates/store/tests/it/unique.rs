//! No tenant meets another in a unique key, but in those of a list.

use std::collections::BTreeSet;

use crate::world::World;

/// The unique keys without an id of ours, and why two tenants may meet there. A key with an id is within one thing, such as
/// a tenant, a server or an account.
const GLOBAL: &[(&str, &str)] = &[
    (
        "accounts_live_domain",
        "a live domain exists once on the platform; the refusal tells no owner",
    ),
    ("api_tokens_sha256_key", "256 random bits"),
    ("audit_anchor_pkey", "one row"),
    ("audit_heads_pkey", "numbers of the platform's log"),
    ("audit_log_denials", "by the token of the denied call; a repeat is dropped and not refused"),
    ("audit_log_pkey", "numbers of the platform's log"),
    (
        "domain_proofs_pkey",
        "one tenant controls a domain; a newer proof replaces the former and is not refused",
    ),
    ("jobs_holding", "resources have the ids of servers"),
    ("jobs_one_at_a_time", "targets have ids"),
    ("job_transitions_pkey", "numbers"),
    ("key_rotation_pkey", "one row"),
    ("outbox_pkey", "numbers"),
    ("publishers_user_name_key", "only owners of the platform name users of the broker"),
    ("resources_pkey", "resources have the ids of servers"),
    (
        "servers_url_key",
        "of verified servers alone; told to nobody who has not logged in to the same panel",
    ),
    ("tenants_name_key", "only owners of the platform name tenants"),
];

#[tokio::test]
async fn every_unique_key_over_all_tenants_has_its_reason() {
    let world = World::new().await;
    let keys: Vec<String> = sqlx::query_scalar(
        "SELECT class.relname::text FROM pg_index
         JOIN pg_class class ON class.oid = indexrelid JOIN pg_class ours ON ours.oid = indrelid
         WHERE indisunique AND ours.relnamespace = 'public'::regnamespace AND ours.relname <> '_sqlx_migrations'
           AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = indrelid AND atttypid = 'uuid'::regtype
                AND attnum = ANY(indkey::smallint[]))",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    let found: BTreeSet<_> = keys.iter().map(String::as_str).collect();
    let listed: BTreeSet<_> = GLOBAL.iter().map(|(name, _)| *name).collect();
    assert_eq!(found, listed, "unique keys over all tenants, and the list");
}
