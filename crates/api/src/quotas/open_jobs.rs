//! How many open jobs each tenant has, by estimate: counted every few seconds, and what this process files in between is added.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use model::ids::TenantId;

/// The age of a count after which the next filer counts again, and its age after which a tenant without room does.
const OLD: Duration = Duration::from_secs(5);
const OLD_WITHOUT_ROOM: Duration = Duration::from_secs(1);

/// The estimates, by tenant: a few bytes for each one that has filed a job.
#[derive(Default)]
pub(super) struct Estimates(Mutex<HashMap<TenantId, Estimate>>);

struct Estimate {
    quota: u32,
    jobs: u32,
    counted_at: Instant,
}

/// Whether a tenant may file more jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// It may, and they are added.
    Free,
    /// It may not, if this is still its quota.
    Full(u32),
    /// They have to be counted.
    Unknown,
}

impl Estimate {
    fn add(&mut self, jobs: u32) -> bool {
        let sum = self.jobs.saturating_add(jobs);
        let fits = sum <= self.quota;
        if fits {
            self.jobs = sum;
        }
        fits
    }
}

impl Estimates {
    /// Adds `jobs` to a tenant's, if there is room. Of many callers at once, one is told to count.
    pub(super) fn take(&self, tenant: TenantId, jobs: u32, now: Instant) -> Room {
        // A panic elsewhere leaves the numbers whole.
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(estimate) = all.get_mut(&tenant) else {
            return Room::Unknown;
        };
        let age = now.saturating_duration_since(estimate.counted_at);
        if age < OLD && estimate.add(jobs) {
            return Room::Free;
        }
        if age < OLD_WITHOUT_ROOM {
            return Room::Full(estimate.quota);
        }
        // The others go on with the old count until this caller has the new one.
        estimate.counted_at = now;
        Room::Unknown
    }

    /// Takes note of a count, and adds `jobs` to it; `false` if there is no room for them.
    pub(super) fn counted(
        &self,
        tenant: TenantId,
        quota: u32,
        open: u32,
        jobs: u32,
        now: Instant,
    ) -> bool {
        let mut estimate = Estimate { quota, jobs: open, counted_at: now };
        let fits = estimate.add(jobs);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant, estimate);
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filed_counts_at_once_and_is_counted_anew_after_a_while() {
        let (estimates, tenant, start) =
            (Estimates::default(), TenantId::generate(), Instant::now());
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        assert_eq!(estimates.take(tenant, 1, start), Room::Unknown);
        assert!(estimates.counted(tenant, 3, 1, 1, start));
        assert_eq!(estimates.take(tenant, 2, at(10)), Room::Full(3), "two do not fit");
        assert_eq!(estimates.take(tenant, 1, at(10)), Room::Free);
        assert_eq!(estimates.take(tenant, 1, at(999)), Room::Full(3));
        assert_eq!(estimates.take(tenant, 1, at(1_000)), Room::Unknown, "a new count");
        assert_eq!(estimates.take(tenant, 1, at(1_001)), Room::Full(3), "for one caller alone");
        assert!(estimates.counted(tenant, 3, 0, 1, at(1_002)));
        assert_eq!(estimates.take(tenant, 1, at(6_001)), Room::Free);
        assert_eq!(estimates.take(tenant, 1, at(6_002)), Room::Unknown, "the count is old");
        assert_eq!(estimates.take(tenant, 1, at(6_003)), Room::Free, "the others go on");
        assert_eq!(estimates.take(TenantId::generate(), 1, at(6_003)), Room::Unknown);
    }

    #[test]
    fn a_quota_of_nothing_has_no_room() {
        let (estimates, tenant, now) = (Estimates::default(), TenantId::generate(), Instant::now());
        assert!(!estimates.counted(tenant, 0, 0, 1, now));
        assert_eq!(estimates.take(tenant, 1, now), Room::Full(0));
        assert_eq!(estimates.take(tenant, 0, now), Room::Free, "nothing always fits");
    }
}
