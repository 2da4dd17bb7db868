//! Work: jobs, their journal, what they hold, what is to be published, and what could not be done.
//!
//! # Why it is batched and told as it is
//!
//! An engine completes as many jobs as PostgreSQL lets it commit, so each job is given as few commits, statements and
//! locks as its safety allows:
//!
//! - **One statement for many jobs** ([`batch`]). Claims, journal entries and ends that a process asks for at the same
//!   time go to the database together, since half of what a statement costs is the same for one job and for many. A
//!   request that comes alone is served at once. If a statement is refused, each of its requests is tried alone, so a
//!   mistake hits only the job that made it. A statement that does not come back is given up after 15 seconds.
//! - **Told after the commit** ([`announcements`]). PostgreSQL lets one transaction with a `NOTIFY` commit at a time. So
//!   no transaction that changes something carries one: the relay of this process and the watchers of jobs are told once
//!   it is committed. They also look by themselves from time to time, because a process may die in between.
//! - **On disk before it counts, but for what a crash may repeat** ([`outbox`]). Filing, journalling and ending a job
//!   wait for the disk. The lease and the deletion of outbox rows do not: a crash repeats a message, and messages may come
//!   twice.
//! - **Open and finished apart**. The engine's statements read and write `open_jobs`, a partition that is as large as the
//!   work that is left. Each asks an index for one row at a time, and a job that cannot be next (`delayed`, `behind`) is not
//!   in the index of its queue, so none costs more however many jobs wait or are finished.
//! - **Guarded by the epoch** ([`claims`]). Each claim raises the job's epoch. Every write of a worker names the epoch
//!   of its claim, and the database refuses one whose epoch is past, whatever the code does.

pub(crate) mod announcements;
pub mod backlog;
pub(crate) mod batch;
pub mod claims;
pub mod dead_letters;
pub(crate) mod endings;
mod ends;
mod filing;
pub mod jobs;
pub mod journal;
pub(crate) mod journal_entries;
pub mod notifications;
pub mod outbox;
pub mod recovery;
mod release;
pub mod resources;
mod retention;
mod rows;
