//! The section `engine` of a service's configuration.

use std::{ops::RangeInclusive, time::Duration};

use chassis::config::{Keys, Section};

use crate::{Patience, Settings};

/// The hours that a patience may have: up to 90 days.
const HOURS: RangeInclusive<u64> = 1..=90 * 24;

/// How a service runs its jobs.
#[derive(Clone, Debug)]
pub struct Config {
    /// Jobs that one process runs at a time; 32 by default. The resources of the jobs may allow fewer.
    pub concurrency: usize,
    /// Seconds until another process takes over a dead process's job; 30 by default. A lost wake-up is repeated after
    /// half of that time, and after 15 seconds at most.
    pub lease_seconds: u64,
    /// How long jobs wait for the end of a dependency's outage before they are undone: `patience_hours` (24 by
    /// default), and `patience_hours_of` for single kinds, such as `account.provision=72` (`server.verify=1` by
    /// default).
    pub patience: Patience,
}

impl Default for Config {
    fn default() -> Self {
        let Settings { concurrency, lease, patience, .. } = Settings::default();
        Self { concurrency, lease_seconds: lease.as_secs(), patience }
    }
}

impl Config {
    /// The engine settings of this configuration.
    pub fn settings(self) -> Settings {
        let Self { concurrency, lease_seconds, patience } = self;
        Settings { concurrency, patience, ..Settings::leased(Duration::from_secs(lease_seconds)) }
    }
}

impl Section for Config {
    fn read(keys: &mut Keys<'_>) -> Self {
        let default = Self::default();
        Self {
            concurrency: keys.number("concurrency", default.concurrency, 1..=1024),
            lease_seconds: keys.number("lease_seconds", default.lease_seconds, 5..=3600),
            patience: patience(keys, default.patience),
        }
    }
}

fn patience(keys: &mut Keys<'_>, default: Patience) -> Patience {
    let usual = keys.number("patience_hours", 24, HOURS);
    let mut patience = default.usually(hours(usual));
    let of_kinds: Vec<String> = keys.or("patience_hours_of", Vec::new());
    for entry in of_kinds {
        let read = entry.split_once('=').and_then(|(kind, number)| {
            Some((kind.trim().parse().ok()?, number.trim().parse().ok()?))
        });
        match read {
            Some((kind, number)) if HOURS.contains(&number) => {
                patience = patience.with(kind, hours(number));
            }
            _ => keys.refuse(
                "patience_hours_of",
                "has an entry that is not a kind of job and 1 to 2160 hours",
                "write each as account.provision=72",
            ),
        }
    }
    patience
}

fn hours(number: u64) -> Duration {
    Duration::from_secs(number * 3600)
}

#[cfg(test)]
mod tests {
    use model::job::JobKind;

    use super::*;

    /// A configuration with this section only.
    struct Whole(Config, chassis::config::Telemetry);

    impl Section for Whole {
        fn read(keys: &mut Keys<'_>) -> Self {
            Self(keys.section("engine"), keys.section("telemetry"))
        }
    }

    impl chassis::config::Root for Whole {
        fn telemetry(&self) -> &chassis::config::Telemetry {
            &self.1
        }
    }

    fn load(variables: &[(&str, &str)]) -> Result<Patience, String> {
        let variables =
            variables.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let loaded = chassis::config::load_from::<Whole>(None, variables);
        loaded.map(|it| it.0.patience).map_err(|faults| faults.to_string())
    }

    #[test]
    fn a_job_waits_for_a_day_and_a_verification_for_an_hour() {
        let patience = load(&[]).unwrap();
        assert_eq!(patience.of(JobKind::AccountProvision), hours(24));
        assert_eq!(patience.of(JobKind::ServerVerify), hours(1));
    }

    #[test]
    fn a_kind_of_job_may_have_hours_of_its_own() {
        let patience = load(&[
            ("PRAHO__ENGINE__PATIENCE_HOURS", "12"),
            ("PRAHO__ENGINE__PATIENCE_HOURS_OF", "account.provision=72, server.verify=2"),
        ])
        .unwrap();
        let of = |kind| patience.of(kind);
        assert_eq!(of(JobKind::AccountProvision), hours(72));
        assert_eq!((of(JobKind::ServerVerify), of(JobKind::DnsApply)), (hours(2), hours(12)));
    }

    #[test]
    fn a_wrong_entry_is_refused_with_the_remedy() {
        for wrong in ["nope=3", "account.provision", "account.provision=0", "account.provision=x"] {
            let faults = load(&[("PRAHO__ENGINE__PATIENCE_HOURS_OF", wrong)]).unwrap_err();
            assert!(faults.contains("engine.patience_hours_of"), "{faults}");
            assert!(faults.contains("account.provision=72"), "{faults}");
        }
    }
}
