//! Derives a server's status from its checks, without I/O, and never overrides a person's choice.

use model::server::ServerStatus;
use store::sweeps::Failing;

use crate::config::HealthSettings;

/// The number of servers from which a fault of this service can be told from faults of the servers.
const ENOUGH_SERVERS: u32 = 3;

/// The next status of a server with `failures` failed checks in a row (0: healthy); `None`: it stays. `set` is
/// the status that earlier checks have set, if it has not been changed since.
pub(crate) fn next(
    status: ServerStatus,
    set: Option<ServerStatus>,
    failures: u32,
    settings: HealthSettings,
) -> Option<ServerStatus> {
    let ours = set == Some(status);
    match status {
        ServerStatus::Degraded | ServerStatus::Unavailable if ours && failures == 0 => {
            Some(ServerStatus::Active)
        }
        ServerStatus::Active if failures >= settings.degraded_after => Some(ServerStatus::Degraded),
        ServerStatus::Degraded if ours && failures >= settings.unavailable_after => {
            Some(ServerStatus::Unavailable)
        }
        _ => None,
    }
}

/// Whether so many servers fail, this one included, that the fault is more likely ours.
pub(crate) fn observer_is_sick(failing: Failing) -> bool {
    failing.all >= ENOUGH_SERVERS && (failing.others + 1) * 2 > failing.all
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: HealthSettings = HealthSettings { degraded_after: 3, unavailable_after: 6 };

    #[test]
    fn a_server_goes_down_in_two_steps_and_comes_back_at_once() {
        use ServerStatus as S;
        let (mut status, mut set, mut way) = (S::Active, None, Vec::new());
        for failures in [1, 2, 3, 4, 5, 6, 7, 0] {
            if let Some(to) = next(status, set, failures, SETTINGS) {
                (status, set) = (to, (to != S::Active).then_some(to));
                way.push((failures, to));
            }
        }
        assert_eq!(way, [(3, S::Degraded), (6, S::Unavailable), (0, S::Active)]);
    }

    #[test]
    fn a_status_set_by_a_person_is_never_changed() {
        for status in ServerStatus::ALL.into_iter().filter(|it| *it != ServerStatus::Active) {
            for set in [None, Some(ServerStatus::Active)] {
                for failures in [0, 3, 6, 100] {
                    assert_eq!(next(status, set, failures, SETTINGS), None, "{status:?}");
                }
            }
        }
    }

    #[test]
    fn a_failure_of_most_servers_at_once_changes_no_status() {
        let sick = |others, all| observer_is_sick(Failing { others, all });
        assert!(!sick(0, 1) && !sick(1, 2), "too few to tell");
        assert!(!sick(0, 3) && sick(1, 3) && sick(2, 3));
        assert!(!sick(1, 4) && sick(2, 4));
    }
}
