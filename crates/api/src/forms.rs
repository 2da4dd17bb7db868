//! The forms of values from callers: what the rules check, and what the OpenAPI document shows.

use std::ops::RangeInclusive;

use model::{job::JobStatus, server::ServerStatus};

/// The form of a text.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// Characters, at least.
    pub least: usize,
    /// Characters, at most.
    pub most: usize,
    /// The pattern of such a text that is not empty, as ECMA-262 and Rust read it.
    pub pattern: &'static str,
}

/// A name or a tag, as long as the label of a domain.
pub const NAME: Text = Text { least: 1, most: 63, pattern: "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$" };
/// An idempotency key, as long as the table takes it.
pub const REQUEST_ID: Text = Text { least: 1, most: 255, pattern: VISIBLE };
/// A key for an HTTP header.
pub const API_KEY: Text = Text { least: 1, most: 256, pattern: VISIBLE };
/// A password that a caller chooses for an account.
pub const PASSWORD: Text = Text {
    least: *model::password::LENGTH.start(),
    most: *model::password::LENGTH.end(),
    pattern: "^[!-~]([ -~]*[!-~])?$",
};
/// The name of a user in RabbitMQ.
pub const USER_NAME: Text = Text { least: 1, most: 128, pattern: VISIBLE };
/// Billing's own number for a service.
pub const EXTERNAL_ID: Text = Text { least: 0, most: 128, pattern: LINE };
/// The reason for a suspension or a status.
pub const REASON: Text = Text { least: 0, most: 200, pattern: LINE };
/// A user name or a password of a panel.
pub const CREDENTIAL: Text = Text { least: 1, most: 256, pattern: LINE };
/// A queue in a filter; the longest in use has about 30 characters.
pub const QUEUE: Text = Text { least: 0, most: 128, pattern: LINE };

/// Visible ASCII characters.
const VISIBLE: &str = "^[!-~]+$";
/// One line, without control characters.
const LINE: &str = r"^[^\x00-\x1f\x7f-\x9f]+$";

/// Tags of one resource.
pub const MAX_TAGS: usize = 32;
/// The longest page, and the default one.
pub const PAGE_SIZES: (u32, u32) = (1000, 100);
/// Mailboxes or databases of a plan. A larger number is a typing error, since no server has so many.
pub const THINGS: RangeInclusive<u64> = 0..=1_000_000;
/// The capacity in accounts with which a server may be registered.
pub const CAPACITY: RangeInclusive<u64> = 1..=100_000;
/// Reading calls per second that a server may get.
pub const READS_PER_SECOND: RangeInclusive<u64> = 1..=1000;
/// Changes at a time that a server may get.
pub const MUTATION_SLOTS: RangeInclusive<u64> = 1..=16;
/// The port of `sshd`; 0 stands for the usual one.
pub const SSH_PORT: RangeInclusive<u64> = 0..=65_535;
/// Seconds since the end of jobs that are restarted together: at most the longest retention of jobs.
pub const SINCE_SECONDS: RangeInclusive<u64> = 1..=3650 * 86_400;

/// What a quota of a tenant may be.
pub const QUOTA: RangeInclusive<u64> = 0..=1_000_000_000;
/// What the quota of a tenant's calls may be: without any, nobody of the platform's tenant could raise it again.
pub const QUOTA_OF_CALLS: RangeInclusive<u64> = 1..=1_000_000_000;

/// The limits that a change of a plan can remove.
pub const LIMITS: [&str; 4] = ["disk_mib", "bandwidth_mib", "mailboxes", "databases"];
/// The statuses of a server that a person may set. The others follow from the server's answers.
pub const STATUSES_BY_HAND: [ServerStatus; 3] =
    [ServerStatus::Active, ServerStatus::Draining, ServerStatus::Maintenance];
/// The statuses of jobs that are restarted together. A stuck job needs a person's look at its cause.
pub const RESTARTED: [JobStatus; 2] = [JobStatus::Failed, JobStatus::Cancelled];
