//! Reads rows: findings, jobs, events, statuses.

use std::collections::BTreeMap;

use model::{
    drift::{Field, Finding, Policy},
    ids::ServerId,
    server::ServerStatus,
};
use serde_json::Value;
use sqlx::AssertSqlSafe;
use store::{findings::FindingFilter, page::Page};

use crate::world::World;

impl World {
    /// The open or the closed findings, newest first.
    pub(crate) async fn findings(&self, open: bool) -> Vec<Finding> {
        let page = Page { size: 1000, after: None };
        let all = self.store.findings(self.tenant, FindingFilter::default(), page).await.unwrap();
        all.into_iter().filter(|it| it.closed_at.is_none() == open).collect()
    }

    /// The fields of open findings, sorted.
    pub(crate) async fn open_fields(&self) -> Vec<Field> {
        let mut fields: Vec<Field> =
            self.findings(true).await.into_iter().map(|it| it.difference.field).collect();
        fields.sort();
        fields
    }

    /// The number of jobs that were ever filed.
    pub(crate) async fn jobs(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM jobs").fetch_one(&self.pool).await.unwrap()
    }

    /// The unpublished events of a type, oldest first.
    pub(crate) async fn events(&self, kind: &str) -> Vec<Value> {
        let events = "SELECT body -> 'data' FROM outbox WHERE routing_key = $1 ORDER BY id";
        sqlx::query_scalar(events).bind(kind).fetch_all(&self.pool).await.unwrap()
    }

    /// The error of the only server's last check.
    pub(crate) async fn last_error(&self) -> String {
        let error = "SELECT last_error FROM server_sweeps";
        sqlx::query_scalar(error).fetch_one(&self.pool).await.unwrap()
    }

    pub(crate) async fn status(&self, server: ServerId) -> ServerStatus {
        self.store.server_by_id(server).await.unwrap().unwrap().status
    }

    pub(crate) async fn set_status(&self, server: ServerId, status: ServerStatus) {
        sqlx::query("UPDATE servers SET status = $2 WHERE id = $1")
            .bind(server.uuid())
            .bind(status.as_str())
            .execute(&self.pool)
            .await
            .unwrap();
    }

    pub(crate) async fn set_policy(&self, server: ServerId, policy: Policy) {
        let tx = self.store.begin().await.unwrap();
        tx.set_drift_policy(server, policy).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// One digest for each table except those of sweeps, over every row and the transaction that last wrote it.
    pub(crate) async fn digests(&self) -> BTreeMap<String, String> {
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT table_name::text FROM information_schema.tables
             WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
               AND table_name NOT IN ('server_sweeps', 'server_pace')",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap();
        let mut digests = BTreeMap::new();
        for table in tables {
            let digest = format!(
                "SELECT coalesce(md5(string_agg(it::text || it.xmin::text, ';' ORDER BY it::text)), '')
                 FROM {table} it"
            );
            let digest = sqlx::query_scalar(AssertSqlSafe(digest));
            digests.insert(table, digest.fetch_one(&self.pool).await.unwrap());
        }
        digests
    }
}
