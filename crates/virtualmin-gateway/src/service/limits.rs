//! Limits of the contract, which are in MiB, in the units of the panel.

use contracts::gateway::v1::Limits;
use model::{fault::Fault, quota::Limit};

fn of(mib: Option<u64>) -> Limit {
    mib.map_or(Limit::Unlimited, Limit::AtMost)
}

/// Disk space for `quota` and `uquota`: blocks of 1 KiB, or `UNLIMITED`.
///
/// # Errors
/// `Invalid` for zero, which the panel takes for unlimited, and for what passes 64 bits of bytes.
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

/// A limit of things; `None` where there is none, or nothing to limit since the feature is not there.
///
/// # Errors
/// `Invalid` for zero with the feature: `create-domain` takes no such limit.
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
