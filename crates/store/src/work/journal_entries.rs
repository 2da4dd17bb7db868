//! Journal entries of many jobs, written in one statement.

use model::ids::JobId;
use sea_orm::DatabaseConnection;
use serde::Serialize;
use serde_json::Value;

use super::batch::Batched;
use crate::{
    Result,
    columns::document,
    statement::{execute, sql},
};

/// What is to be written in a job's journal.
#[derive(Serialize)]
pub(crate) struct Entry {
    pub(super) job: JobId,
    pub(super) claim: i64,
    pub(super) done: Option<String>,
    pub(super) result: Option<Value>,
    pub(super) place: Option<u16>,
    pub(super) next: Option<&'static str>,
}

/// Writes journals.
pub(crate) struct Journalling(pub(crate) DatabaseConnection);

impl Batched for Journalling {
    type Request = Entry;
    type Answer = ();

    async fn serve(&self, entries: &[Entry]) -> Result<Vec<()>> {
        let entries_document = document("entries", entries)?.into();
        execute(&self.0, sql("SELECT job_journal_v1($1)", [entries_document])).await?;
        Ok(vec![(); entries.len()])
    }
}
