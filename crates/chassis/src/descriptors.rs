//! The number of files and connections that this process may have open at a time.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Enough for every bound of a service; the limit of a machine may be absurdly high.
const ENOUGH: u64 = 1 << 20;

/// Raises the limit as far as this user may, and returns it: many systems start a program with 1024, which is less than
/// a listener takes.
pub(crate) fn raise() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(ENOUGH, |it| it.min(ENOUGH));
    let now = limit.current.unwrap_or(u64::MAX);
    if now >= wanted {
        return now;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..limit }) {
        Ok(()) => wanted,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files cannot be raised");
            now
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_as_high_as_this_user_may_have_it() {
        let may = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
        assert!(raise() >= may.min(ENOUGH));
        assert!(getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX) >= may.min(ENOUGH));
    }
}
