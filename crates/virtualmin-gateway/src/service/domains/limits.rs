//! Turns the contract's limits, which are in MiB, into the panel's units.

use contracts::gateway::v1::Limits;
use model::{fault::Fault, quota::Limit};

fn of(mib: Option<u64>) -> Limit {
    mib.map_or(Limit::Unlimited, Limit::AtMost)
}

/// Disk space for `quota` and `uquota`: blocks of 1 KiB, or `UNLIMITED`.
///
/// # Errors
/// `Invalid` for zero, which the panel reads as unlimited, and for more bytes than 64 bits can count.
pub(super) fn quota(limits: &Limits) -> Result<String, Fault> {
    of(limits.disk_mib).quota_argument().map_err(|it| Fault::invalid("limits.disk_mib", it))
}

/// Transfer a month for `bandwidth` and `bw`: bytes, or `NONE`.
///
/// # Errors
/// As [`quota`].
pub(super) fn bandwidth(limits: &Limits) -> Result<String, Fault> {
    of(limits.bandwidth_mib)
        .bandwidth_argument()
        .map_err(|it| Fault::invalid("limits.bandwidth_mib", it))
}

/// A number of mailboxes or databases; `None` if it is unlimited, or zero without the feature.
///
/// # Errors
/// `Invalid` for zero with the feature: `create-domain` does not accept zero.
pub(super) fn count(
    field: &str,
    count: Option<u64>,
    has_feature: bool,
) -> Result<Option<String>, Fault> {
    match count {
        Some(0) if has_feature => Err(Fault::invalid(
            field,
            "the panel takes no limit of zero; leave the feature out instead",
        )),
        Some(0) | None => Ok(None),
        Some(count) => Ok(Some(count.to_string())),
    }
}
