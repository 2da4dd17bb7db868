//! Dead letters: jobs that failed for good and messages that could not be used, with the reason.

use std::{cmp::Reverse, time::Duration};

use model::{
    dead_letter::{DeadCommand, DeadLetter, DeadLetterStatus},
    ids::{DeadLetterId, JobId, TenantId},
};
use sea_orm::{Condition, ExprTrait, FromQueryResult, sea_query::Expr};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Error, Result, Store, Tx,
    columns::word,
    page::{Page, newest},
    statement::{all, execute, one, sql},
};

/// A dead letter to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDeadLetter {
    /// The queue that it came from.
    pub queue: String,
    /// The job that failed, if the letter is about one. A job that does not exist is left out.
    pub job_id: Option<JobId>,
    /// The reason.
    pub reason: String,
    /// The beginning of an unreadable body.
    pub excerpt: String,
    /// The message's AMQP property `message_id`.
    pub message_id: Option<String>,
    /// The message's AMQP property `correlation_id`.
    pub correlation_id: Option<String>,
}

/// Selects dead letters.
#[derive(Clone, Debug)]
pub struct DeadLetterFilter {
    /// Dead letters of this tenant.
    pub tenant: TenantId,
    /// Also dead letters of no tenant.
    pub nobodys: bool,
    /// Only dead letters in this status.
    pub status: Option<DeadLetterStatus>,
    /// Only dead letters from this queue.
    pub queue: Option<String>,
}

/// The longest excerpt, in characters.
const EXCERPT: usize = 1000;
/// The longest routing key, in characters.
const ROUTING_KEY: usize = 255;
/// The longest stored command, in bytes of JSON. The database adds spaces to it.
const COMMAND: usize = 1900;

/// Replaces NUL, which PostgreSQL's text cannot hold and a message may.
fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// A statement that records a dead letter. A letter about a job belongs to the job's tenant.
fn insert(
    letter: &NewDeadLetter,
    tenant: Option<TenantId>,
    command: Option<&DeadCommand>,
) -> sea_orm::Statement {
    let excerpt: String = text(&letter.excerpt).chars().take(EXCERPT).collect();
    let key = command
        .map(|command| text(&command.routing_key).chars().take(ROUTING_KEY).collect::<String>());
    let body = command.and_then(|command| command.body.as_ref()).filter(|body| {
        let json = body.to_string();
        json.len() <= COMMAND && !json.contains("\\u0000")
    });
    sql(
        "INSERT INTO dead_letters (id, queue, job_id, tenant_id, reason, excerpt, message_id, correlation_id,
                                   routing_key, command)
         VALUES ($1, $2, (SELECT id FROM jobs WHERE id = $3),
                 coalesce($4, (SELECT tenant_id FROM jobs WHERE id = $3)), $5, $6, $7, $8, $9, $10)",
        [
            Uuid::now_v7().into(),
            letter.queue.as_str().into(),
            letter.job_id.map(JobId::uuid).into(),
            tenant.map(TenantId::uuid).into(),
            text(&letter.reason).into(),
            excerpt.into(),
            letter.message_id.as_deref().map(text).into(),
            letter.correlation_id.as_deref().map(text).into(),
            key.into(),
            body.cloned().into(),
        ],
    )
}

impl Tx {
    /// Records a dead letter in this transaction.
    pub async fn insert_dead_letter(&self, letter: &NewDeadLetter) -> Result<()> {
        execute(&self.db, insert(letter, None, None)).await?;
        Ok(())
    }

    /// Records a refused command, as one of `tenant` if it names a service of that tenant. A body that is long or
    /// holds a NUL is left out.
    pub async fn insert_dead_command(
        &self,
        letter: &NewDeadLetter,
        tenant: Option<TenantId>,
        command: &DeadCommand,
    ) -> Result<()> {
        execute(&self.db, insert(letter, tenant, Some(command))).await?;
        Ok(())
    }

    /// Settles an open dead letter; `None`, and nothing changes, if it is not open.
    pub async fn resolve_dead_letter(
        &self,
        id: DeadLetterId,
        status: DeadLetterStatus,
        actor: &str,
    ) -> Result<Option<DeadLetter>> {
        let statement = sql(
            "UPDATE dead_letters SET status = $2, resolved_at = now(), resolved_by = $3
             WHERE id = $1 AND status = 'open' RETURNING *",
            [id.uuid().into(), status.as_str().into(), actor.into()],
        );
        one::<LetterRow, _>(&self.db, statement).await
    }

    /// Settles the open dead letters of a job that has been started again.
    pub async fn redrive_dead_letters_of(&self, job: JobId, actor: &str) -> Result<()> {
        let statement = sql(
            "UPDATE dead_letters SET status = 'redriven', resolved_at = now(), resolved_by = $2
             WHERE job_id = $1 AND status = 'open'",
            [job.uuid().into(), actor.into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }
}

impl Store {
    /// Records a dead letter.
    pub async fn insert_dead_letter(&self, letter: &NewDeadLetter) -> Result<()> {
        execute(&self.db, insert(letter, None, None)).await?;
        Ok(())
    }

    /// A dead letter of any tenant or of none.
    pub async fn dead_letter(&self, id: DeadLetterId) -> Result<Option<DeadLetter>> {
        let statement = sql("SELECT * FROM dead_letters WHERE id = $1", [id.uuid().into()]);
        one::<LetterRow, _>(&self.db, statement).await
    }

    /// Dead letters, newest first.
    pub async fn list_dead_letters(
        &self,
        filter: &DeadLetterFilter,
        page: Page,
    ) -> Result<Vec<DeadLetter>> {
        let conditions = Condition::all()
            .add_option(filter.status.map(|status| Expr::col("status").eq(status.as_str())))
            .add_option(filter.queue.as_deref().map(|queue| Expr::col("queue").eq(queue)));
        let of = |owner: Uuid| {
            let conditions = conditions.clone().add(Expr::col("owner").eq(owner));
            newest("dead_letters", conditions, page)
        };
        let own = of(filter.tenant.uuid());
        let mut letters = all::<LetterRow, DeadLetter>(&self.db, own).await?;
        if filter.nobodys {
            // Each of the two is read in the order of an index; a condition for both would sort all of them.
            letters.extend(all::<LetterRow, DeadLetter>(&self.db, of(Uuid::nil())).await?);
            letters.sort_unstable_by_key(|letter| Reverse(letter.id.uuid()));
            letters.truncate(page.size as usize);
        }
        Ok(letters)
    }

    /// Deletes the dead letters that were settled longer ago than this, and returns their number.
    pub async fn purge_dead_letters(&self, older_than: Duration) -> Result<u64> {
        let statement = sql(
            "DELETE FROM dead_letters WHERE resolved_at < now() - $1 * interval '1 second'",
            [older_than.as_secs_f64().into()],
        );
        execute(&self.db, statement).await
    }

    /// The newest dead letters, of all tenants and of none.
    pub async fn dead_letters(&self, limit: u32) -> Result<Vec<NewDeadLetter>> {
        let statement =
            sql("SELECT * FROM dead_letters ORDER BY id DESC LIMIT $1", [i64::from(limit).into()]);
        all::<LetterRow, _>(&self.db, statement).await
    }
}

#[derive(FromQueryResult)]
struct LetterRow {
    id: Uuid,
    tenant_id: Option<Uuid>,
    queue: String,
    status: String,
    reason: String,
    job_id: Option<Uuid>,
    routing_key: Option<String>,
    command: Option<Value>,
    excerpt: String,
    message_id: Option<String>,
    correlation_id: Option<String>,
    resolved_by: Option<String>,
    resolved_at: Option<OffsetDateTime>,
}

impl TryFrom<LetterRow> for DeadLetter {
    type Error = Error;

    fn try_from(row: LetterRow) -> Result<Self> {
        let body = row.command;
        Ok(Self {
            id: row.id.into(),
            tenant_id: row.tenant_id.map(Into::into),
            queue: row.queue,
            status: word("status", row.status)?,
            reason: row.reason,
            job_id: row.job_id.map(Into::into),
            command: row.routing_key.map(|routing_key| DeadCommand { routing_key, body }),
            excerpt: row.excerpt,
            message_id: row.message_id,
            correlation_id: row.correlation_id,
            resolved_by: row.resolved_by,
            resolved_at: row.resolved_at,
        })
    }
}

impl From<LetterRow> for NewDeadLetter {
    fn from(row: LetterRow) -> Self {
        Self {
            queue: row.queue,
            job_id: row.job_id.map(Into::into),
            reason: row.reason,
            excerpt: row.excerpt,
            message_id: row.message_id,
            correlation_id: row.correlation_id,
        }
    }
}
