//! Jobs: every change to the outside world is one, and this is the table of what may follow what.
//!
//! ```text
//! pending ──claim──▶ running ──complete──▶ completed
//!    ▲ ▲               │ │ │
//!    │ └────retry──────┘ │ └──wait──▶ waiting ──wake──▶ pending
//!    │                 fail
//!    │                   ▼
//!    │               unwinding ──unwound──▶ failed | cancelled
//!    │                 │   ▲                   │
//!    │              give_up│resume             │
//!    │                 ▼   │                   │
//!    │                 stuck                   │
//!    └───────────────restart───────────────────┘
//! ```

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};
use time::OffsetDateTime;

use crate::{
    fault::Fault,
    ids::{JobId, TenantId},
    words,
};

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum JobStatus {
    /// Not started, or to be tried again when due.
    Pending,
    /// A worker holds its lease.
    Running,
    /// For a child job to end.
    Waiting,
    /// A step failed for good, or it was cancelled: touched steps are being undone, last first.
    Unwinding,
    /// Done.
    Completed,
    /// Nothing of it is left outside.
    Failed,
    /// As failed, because someone asked for it.
    Cancelled,
    /// An undo failed for good: a person has to look.
    Stuck,
}

/// What can happen to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount, VariantArray)]
pub enum JobEvent {
    /// A worker takes it.
    Claim,
    /// A fault that may pass: try again later.
    Retry,
    /// It filed a child job.
    Wait,
    /// Its child ended.
    Wake,
    /// Its last step is done.
    Complete,
    /// A fault that will not pass, too many attempts, or a cancellation.
    Fail,
    /// Everything is undone after a fault.
    UnwoundFailed,
    /// Everything is undone after a cancellation.
    UnwoundCancelled,
    /// An undo failed for good.
    GiveUp,
    /// A person says the undo may be tried again.
    Resume,
    /// A person says the job may be tried again from its beginning.
    Restart,
}

/// That may not happen to a job in this state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a job that is {} cannot {event:?}", from.as_str())]
pub struct InvalidTransition {
    /// Where the job is.
    pub from: JobStatus,
    /// What was wanted.
    pub event: JobEvent,
}

impl JobStatus {
    /// Every status.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The status after `event`: the only place that says what may follow what.
    ///
    /// The database holds the same table (`job_transitions`), and a test holds the two together.
    pub fn after(self, event: JobEvent) -> Result<Self, InvalidTransition> {
        use JobEvent as E;
        Ok(match (self, event) {
            (Self::Pending, E::Claim) => Self::Running,
            (Self::Running, E::Retry) | (Self::Waiting, E::Wake) => Self::Pending,
            (Self::Running, E::Wait) => Self::Waiting,
            (Self::Running, E::Complete) => Self::Completed,
            (Self::Running, E::Fail) | (Self::Stuck, E::Resume) => Self::Unwinding,
            (Self::Unwinding, E::UnwoundFailed) => Self::Failed,
            (Self::Unwinding, E::UnwoundCancelled) => Self::Cancelled,
            (Self::Unwinding, E::GiveUp) => Self::Stuck,
            (Self::Failed | Self::Cancelled, E::Restart) => Self::Pending,
            (from, event) => return Err(InvalidTransition { from, event }),
        })
    }

    /// Whether nothing more happens to it by itself and its target is free for the next job.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// The stable name, as in the database and the API.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl JobEvent {
    /// Every event.
    pub const ALL: [Self; Self::COUNT] = words::all();
}

/// The queue whose workers carry a job out; bulk work never delays one customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Queue {
    /// One customer's account.
    Provisioning,
    /// Many at once.
    Bulk,
    /// Bringing rows and servers together.
    Sync,
    /// Looking at servers.
    Monitoring,
    /// Zones and records.
    Dns,
}

impl Queue {
    /// Every queue.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The last part of its name on RabbitMQ.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What a job is to do; its name is stable, for rows outlive releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
pub enum JobKind {
    /// Create the virtual server of an account, and its DNS.
    #[strum(serialize = "account.provision")]
    AccountProvision,
    /// Switch an account off.
    #[strum(serialize = "account.suspend")]
    AccountSuspend,
    /// Switch an account on again.
    #[strum(serialize = "account.unsuspend")]
    AccountUnsuspend,
    /// Remove an account's DNS and virtual server.
    #[strum(serialize = "account.terminate")]
    AccountTerminate,
    /// Bring an account's virtual server back to what its row says.
    #[strum(serialize = "account.heal")]
    AccountHeal,
    /// Switch off a virtual server that no account claims.
    #[strum(serialize = "domain.quarantine")]
    DomainQuarantine,
    /// Make a zone on its DNS server equal to its rows.
    #[strum(serialize = "dns.apply")]
    DnsApply,
    /// Ask a new server who it is, and open it for accounts.
    #[strum(serialize = "server.verify")]
    ServerVerify,
}

impl JobKind {
    /// Every kind.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The queue whose workers carry it out.
    pub fn queue(self) -> Queue {
        self.lane().0
    }

    /// The order among jobs that wait for one resource: the higher goes first.
    pub fn priority(self) -> i16 {
        self.lane().1
    }

    /// Suspensions overtake, and work that no customer waits for comes last.
    fn lane(self) -> (Queue, i16) {
        match self {
            Self::AccountSuspend | Self::AccountUnsuspend => (Queue::Provisioning, 20),
            Self::AccountProvision | Self::ServerVerify => (Queue::Provisioning, 10),
            Self::AccountTerminate | Self::AccountHeal | Self::DomainQuarantine => {
                (Queue::Provisioning, 5)
            }
            Self::DnsApply => (Queue::Dns, 10),
        }
    }
}

impl TryFrom<String> for JobKind {
    type Error = strum::ParseError;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        word.parse()
    }
}

/// What a job of one kind is asked to do: its payload, read back by the workflow of that kind.
pub trait Order: Serialize + serde::de::DeserializeOwned + Send + Sync + 'static {
    /// The kind of job that carries it.
    const KIND: JobKind;

    /// What the job changes. Jobs on one target run one at a time, in order.
    fn target(&self) -> String;
}

/// A job to be filed.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Chosen by who files it, so that filing twice is seen.
    pub id: JobId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// What to do.
    pub kind: JobKind,
    /// What it changes.
    pub target: String,
    /// The [`Order`] as JSON. Never a secret.
    pub payload: serde_json::Value,
    /// What it must hold while it runs, such as a server's mutation slot.
    pub resource: Option<String>,
    /// The job that waits for it.
    pub parent_id: Option<JobId>,
    /// Who asked, and under what trace.
    pub origin: Origin,
}

/// Who asked for something, and how to find it again in logs and traces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Such as `token:0190…`, `amqp:billing` or `job:0190…`.
    pub actor: String,
    /// Given by the caller, or made at the door; the same in every log line that follows.
    pub correlation_id: String,
    /// W3C trace context of the call that asked.
    pub traceparent: Option<String>,
}

impl NewJob {
    /// A job that carries `order` out for `tenant_id`.
    pub fn of<O: Order>(tenant_id: TenantId, order: &O, origin: Origin) -> Self {
        Self {
            id: JobId::generate(),
            tenant_id,
            kind: O::KIND,
            target: order.target(),
            payload: serde_json::to_value(order).expect("an order is plain data"),
            resource: None,
            parent_id: None,
            origin,
        }
    }

    /// It runs only while it holds a unit of `resource`.
    pub fn holding(self, resource: String) -> Self {
        Self { resource: Some(resource), ..self }
    }
}

/// How often a job is tried before it is undone.
pub const MAX_ATTEMPTS: u32 = 12;

/// A job as it stands.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its name.
    pub id: JobId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// What it does.
    pub kind: JobKind,
    /// What it changes.
    pub target: String,
    /// Its [`Order`] as JSON.
    pub payload: serde_json::Value,
    /// What it holds while it runs.
    pub resource: Option<String>,
    /// Where it is.
    pub status: JobStatus,
    /// How often it was claimed since it was filed or restarted.
    pub attempts: u32,
    /// After so many it is undone.
    pub max_attempts: u32,
    /// Counts claims for ever; who holds an older one may neither write nor act.
    pub epoch: i64,
    /// Someone wants it undone.
    pub cancel_requested: bool,
    /// The job that waits for it.
    pub parent_id: Option<JobId>,
    /// The child it waits for.
    pub waiting_on: Option<JobId>,
    /// The last fault, or the one it failed by.
    pub fault: Option<Fault>,
    /// Who asked.
    pub origin: Origin,
    /// When it may next be claimed.
    pub due_at: OffsetDateTime,
    /// When it was filed.
    pub created_at: OffsetDateTime,
    /// When it was first claimed.
    pub started_at: Option<OffsetDateTime>,
    /// When it reached a final status.
    pub finished_at: Option<OffsetDateTime>,
}

/// One step of a job as the journal has it.
#[derive(Clone, Debug)]
pub struct StepRecord {
    /// Its place in the workflow, from 0.
    pub position: u16,
    /// Its stable name.
    pub name: String,
    /// How far it got.
    pub status: StepStatus,
    /// How often it was started.
    pub attempts: u32,
    /// What it found or decided. Never a secret.
    pub output: Option<serde_json::Value>,
    /// Why it failed last.
    pub fault: Option<Fault>,
    /// When it was first started.
    pub started_at: OffsetDateTime,
    /// When its result was recorded.
    pub finished_at: Option<OffsetDateTime>,
}

/// How far a step got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum StepStatus {
    /// Started; its effect may or may not be there.
    Started,
    /// Its result is recorded.
    Done,
    /// It failed for good.
    Failed,
    /// Its undo has been started; the effect may or may not be gone.
    Undoing,
    /// Its effect is gone.
    Undone,
}

impl StepStatus {
    /// Every status.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_person_brings_a_final_job_back() {
        for status in JobStatus::ALL.into_iter().filter(|it| it.is_final()) {
            for event in JobEvent::ALL.into_iter().filter(|it| *it != JobEvent::Restart) {
                assert!(status.after(event).is_err(), "{status:?} {event:?}");
            }
        }
        assert!(JobStatus::Completed.after(JobEvent::Restart).is_err());
    }

    #[test]
    fn every_unfinished_job_has_a_way_out() {
        for status in JobStatus::ALL.into_iter().filter(|it| !it.is_final()) {
            assert!(JobEvent::ALL.into_iter().any(|it| status.after(it).is_ok()), "{status:?}");
        }
    }
}
