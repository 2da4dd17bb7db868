//! Dead letters: failed jobs and unusable messages, until a person settles them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};
use time::OffsetDateTime;

use crate::{
    ids::{DeadLetterId, JobId, TenantId},
    words,
};

/// A failed job or an unusable message.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadLetter {
    /// The id of the dead letter.
    pub id: DeadLetterId,
    /// The tenant of the job or of the command's service, if that is known.
    pub tenant_id: Option<TenantId>,
    /// The queue of the job or the message.
    pub queue: String,
    /// Whether and how a person has settled the dead letter.
    pub status: DeadLetterStatus,
    /// The reason of the failure.
    pub reason: String,
    /// The failed job, if the dead letter is about one.
    pub job_id: Option<JobId>,
    /// The refused command, if the dead letter is one.
    pub command: Option<DeadCommand>,
    /// The beginning of the message's body.
    pub excerpt: String,
    /// The message's property `message_id`.
    pub message_id: Option<String>,
    /// The message's property `correlation_id`.
    pub correlation_id: Option<String>,
    /// The actor that settled the dead letter.
    pub resolved_by: Option<String>,
    /// The time of the settlement.
    pub resolved_at: Option<OffsetDateTime>,
}

/// A refused command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadCommand {
    /// The routing key of the command, such as `service.activate`.
    pub routing_key: String,
    /// The command, if it could be read; it can then run again.
    pub body: Option<Value>,
}

/// Whether and how a person has settled a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum DeadLetterStatus {
    /// Not yet settled.
    Open,
    /// Settled: the job or the command was started again.
    Redriven,
    /// Settled: nothing is to be done.
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
    /// Whether the job or the command can be started again.
    pub fn is_redrivable(&self) -> bool {
        self.job_id.is_some() || self.command.as_ref().is_some_and(|it| it.body.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::pinned::are_stored;

    #[test]
    fn the_words_are_stored() {
        are_stored::<DeadLetterStatus>("open redriven discarded");
    }
}
