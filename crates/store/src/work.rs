//! Work: jobs, their journals and resources, the outbox, and dead letters.
//!
//! # Why statements are batched and notifications come later
//!
//! An engine completes as many jobs as PostgreSQL can commit, so each job gets as few commits, statements and
//! locks as safety allows:
//!
//! - **One statement for many jobs** ([`batch`]). The claims, journal entries and ends that a process requests at
//!   the same time go to the database together, because half of a statement's cost is the same for one job and for
//!   many. A single request is served at once. If a statement is refused, each of its requests is tried alone, so
//!   that a mistake affects only its own job. A statement that does not return within 15 seconds is given up.
//! - **Notified after the commit** ([`announcements`]). PostgreSQL lets only one transaction with a `NOTIFY`
//!   commit at a time. So no changing transaction carries one: the relay of this process and the watchers of jobs
//!   are notified after the commit. They also look by themselves from time to time, because a process may die in
//!   between.
//! - **On disk before it counts, except what a crash may repeat** ([`outbox`]). Filing, journalling and ending a
//!   job wait for the disk. The lease and the deletion of outbox rows do not: a crash repeats a message, and
//!   messages may come twice.
//! - **Open and finished jobs apart**. The engine's statements read and write `open_jobs`, a partition as large as
//!   the remaining work. Each statement asks an index for one row at a time. A job that cannot be next (`delayed`,
//!   `behind`) is not in the index of its queue. So the cost does not grow with the number of waiting or finished
//!   jobs.
//! - **Guarded by the epoch** ([`claims`]). Each claim raises the job's epoch. Every write of a worker names the
//!   epoch of its claim, and the database refuses a write with an old epoch, whatever the code does.

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
pub mod redrive;
mod release;
pub mod resources;
mod retention;
mod rows;
