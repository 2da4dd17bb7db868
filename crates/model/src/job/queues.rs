//! Where jobs wait: the queue of their workers, and the lane beside other jobs for the same resource.

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};

use crate::words;

/// The queue whose workers run a job; bulk work never delays a single customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Queue {
    /// Jobs of a single customer's account.
    Provisioning,
    /// Jobs for many accounts at once.
    Bulk,
    /// Jobs that compare rows with servers.
    Sync,
    /// Jobs that check servers.
    Monitoring,
    /// Jobs of zones and records.
    Dns,
}

impl Queue {
    /// Every queue.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The last part of the queue's name on RabbitMQ.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// How urgent a job is beside others that wait for the same resource.
///
/// The lanes share the resource by weight, and each tenant has its own lanes, so nothing waits for the backlog of another
/// tenant or lane, and nothing waits for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Lane {
    /// Switching an account off or on.
    Urgent,
    /// Work that a customer waits for.
    Interactive,
    /// Work on many accounts at once, and work that nobody waits for.
    Bulk,
    /// Repairs that nobody asked for.
    Reconciling,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The jobs of this lane that start for each one of the lowest lane, while jobs of both wait.
    pub fn weight(self) -> u8 {
        match self {
            Self::Urgent => 64,
            Self::Interactive => 16,
            Self::Bulk => 4,
            Self::Reconciling => 1,
        }
    }

    /// The stable name, as in job rows and the API.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
