//! Messages that nobody could use, and jobs that failed for good, with the reason.

use model::ids::JobId;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::{Result, Store, Tx, sql};

/// A dead letter to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDeadLetter {
    /// The queue that it came from.
    pub queue: String,
    /// The job that failed, if it tells of one. One that does not exist is left out.
    pub job_id: Option<JobId>,
    /// Why.
    pub reason: String,
    /// The beginning of a body that could not be read.
    pub excerpt: String,
    /// As the message said.
    pub message_id: Option<String>,
    /// As the message said.
    pub correlation_id: Option<String>,
}

/// The longest excerpt, in characters.
const EXCERPT: usize = 1000;

fn insert(letter: &NewDeadLetter) -> sea_orm::Statement {
    // PostgreSQL holds no NUL in text, and strangers may send one anywhere.
    let text = |text: &str| text.replace('\0', "\u{fffd}");
    let excerpt: String = text(&letter.excerpt).chars().take(EXCERPT).collect();
    sql(
        "INSERT INTO dead_letters (id, queue, job_id, reason, excerpt, message_id, correlation_id)
         VALUES ($1, $2, (SELECT id FROM jobs WHERE id = $3), $4, $5, $6, $7)",
        [
            Uuid::now_v7().into(),
            letter.queue.as_str().into(),
            letter.job_id.map(|it| it.uuid()).into(),
            text(&letter.reason).into(),
            excerpt.into(),
            letter.message_id.as_deref().map(text).into(),
            letter.correlation_id.as_deref().map(text).into(),
        ],
    )
}

impl Tx {
    /// Records a dead letter with what else happens.
    pub async fn insert_dead_letter(&self, letter: &NewDeadLetter) -> Result<()> {
        self.db.execute_raw(insert(letter)).await?;
        Ok(())
    }
}

impl Store {
    /// Records a dead letter.
    pub async fn insert_dead_letter(&self, letter: &NewDeadLetter) -> Result<()> {
        self.db.execute_raw(insert(letter)).await?;
        Ok(())
    }

    /// The newest dead letters.
    pub async fn dead_letters(&self, limit: u32) -> Result<Vec<NewDeadLetter>> {
        let statement =
            sql("SELECT * FROM dead_letters ORDER BY id DESC LIMIT $1", [i64::from(limit).into()]);
        let rows = self.db.query_all_raw(statement).await?;
        rows.iter()
            .map(|row| {
                let job: Option<Uuid> = row.try_get("", "job_id")?;
                Ok(NewDeadLetter {
                    queue: row.try_get("", "queue")?,
                    job_id: job.map(Into::into),
                    reason: row.try_get("", "reason")?,
                    excerpt: row.try_get("", "excerpt")?,
                    message_id: row.try_get("", "message_id")?,
                    correlation_id: row.try_get("", "correlation_id")?,
                })
            })
            .collect()
    }
}
