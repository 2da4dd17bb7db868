//! Dead letters: jobs that failed for good and messages that nobody could use, until a person settles them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};
use time::OffsetDateTime;

use crate::{
    ids::{DeadLetterId, JobId, TenantId},
    words,
};

/// A dead letter.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadLetter {
    /// Its id.
    pub id: DeadLetterId,
    /// Whose job or service it is about, if anybody can tell.
    pub tenant_id: Option<TenantId>,
    /// The queue that it came from.
    pub queue: String,
    /// What became of it.
    pub status: DeadLetterStatus,
    /// Why it is one.
    pub reason: String,
    /// The job that failed, if it tells of one.
    pub job_id: Option<JobId>,
    /// The command that was refused, if it is one.
    pub command: Option<DeadCommand>,
    /// The beginning of a message.
    pub excerpt: String,
    /// As the message said.
    pub message_id: Option<String>,
    /// As the message said.
    pub correlation_id: Option<String>,
    /// Who settled it.
    pub resolved_by: Option<String>,
    /// When it was settled.
    pub resolved_at: Option<OffsetDateTime>,
}

/// A command that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadCommand {
    /// What it was published under, such as `service.activate`.
    pub routing_key: String,
    /// The command, if it could be read: it can be carried out again.
    pub body: Option<Value>,
}

/// What became of a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum DeadLetterStatus {
    /// Nobody has looked after it.
    Open,
    /// What it tells of was started again.
    Redriven,
    /// Nothing is to be done.
    Discarded,
}

impl DeadLetterStatus {
    /// Every status.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name, as in the database and in answers.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl DeadLetter {
    /// Whether there is anything to do again.
    pub fn is_redrivable(&self) -> bool {
        self.job_id.is_some() || self.command.as_ref().is_some_and(|it| it.body.is_some())
    }
}
