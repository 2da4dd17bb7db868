//! The settings of calls to panels, under the names that operators know; a changed file changes them without a restart.

use std::time::Duration;

use chassis::config::{Keys, Section};
use model::server::Pace;
use strum::VariantArray;
use tokio::sync::watch;

use crate::panel::errand::{Bounds, Errand};

/// Makes the settings, their reading and their listing from one table.
macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $name:ident: $default:literal in $range:expr;)+) => {
        /// The settings, in whole seconds except where a name or its comment says otherwise.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Settings {
            $($(#[doc = $doc])+ pub $name: u64,)+
        }

        impl Settings {
            /// What counts where nothing is given.
            pub const DEFAULT: Self = Self { $($name: $default,)+ };
        }

        impl Default for Settings {
            fn default() -> Self {
                Self::DEFAULT
            }
        }

        impl Section for Settings {
            fn read(keys: &mut Keys<'_>) -> Self {
                Self { $($name: keys.number(stringify!($name), $default, $range),)+ }
            }
        }

        impl Settings {
            /// Every setting with its value.
            pub fn all(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name),)+].into_iter()
            }
        }
    };
}

settings! {
    /// How long a call that reads may take.
    api_request_timeout: 60 in 1..=3600;
    /// How long a call may take that asks a host about itself.
    api_health_check_timeout: 30 in 1..=3600;
    /// How long a call may take that copies a whole virtual server.
    api_backup_timeout: 3600 in 1..=86_400;
    /// How long a call may take that reads mailboxes or the like of all virtual servers.
    api_bulk_timeout: 300 in 1..=3600;
    /// How long a call may take that changes a virtual server.
    provisioning_timeout: 300 in 1..=3600;
    /// How long a listing of all virtual servers may take.
    domain_sync_timeout: 120 in 1..=3600;
    /// How long a listing of all virtual servers with their use may take.
    usage_sync_timeout: 600 in 1..=3600;
    /// How long a connection may take to open.
    connection_timeout: 10 in 1..=3600;
    /// How long an answer that has begun may pause.
    read_timeout: 30 in 1..=3600;
    /// How long what was sent may stay unacknowledged.
    write_timeout: 30 in 1..=3600;
    /// The pause before a call that reads is repeated.
    retry_delay: 1 in 0..=3600;
    /// How often a call that reads is repeated if the panel does not answer, within the caller's deadline. The job that asked
    /// repeats it anyway, at its own pace.
    max_retries: 0 in 0..=10;
    /// The window of the next one.
    rate_limit_window: 1 in 1..=3600;
    /// Calls that read in that window, of a server that has no pace of its own. A number.
    rate_limit_max_calls: 2 in 1..=100_000;
    /// Connections to one host at a time, over all gateways. A number: miniserv takes 25 from one address.
    connection_pool_size: 8 in 1..=10;
    /// The longest answer about one thing, in MiB.
    max_answer_mib: 4 in 1..=64;
    /// The longest answer about all virtual servers, in MiB.
    max_listing_mib: 64 in 1..=256;
    /// How long a server takes no other change after one of unknown outcome, because the panel works on in the background.
    settle_seconds: 30 in 0..=3600;
    /// Changes that wait for their turn at one server. A number.
    max_waiting: 100 in 1..=10_000;
    /// After this many calls without an answer, which are also such a share of all as the next setting says, a server is out
    /// of service, or a program of it. A number.
    breaker_failures: 5 in 1..=1_000_000;
    /// In percent.
    breaker_share_percent: 60 in 1..=100;
    /// For how long a call counts among the last ones.
    breaker_window_seconds: 60 in 1..=3600;
    /// The pause between two tries of such a server.
    breaker_pause_seconds: 30 in 1..=3600;
    /// The pause between two tries of a server that somebody has to mend, such as one that refuses our credentials. Webmin
    /// blocks an address for a minute after five wrong passwords.
    fault_pause_seconds: 300 in 1..=3600;
}

impl Settings {
    /// The longest that any call may take.
    pub(crate) fn longest_call(&self) -> Duration {
        let longest = Errand::VARIANTS.iter().map(|it| self.total(*it)).max();
        Duration::from_secs(longest.unwrap_or_default())
    }

    /// The limits of a call.
    pub(crate) fn bounds(&self, errand: Errand) -> Bounds {
        let mib = if errand.is_about_all() { self.max_listing_mib } else { self.max_answer_mib };
        Bounds {
            total: Duration::from_secs(self.total(errand)),
            pause: Duration::from_secs(self.read_timeout),
            bytes: usize::try_from(mib << 20).unwrap_or(usize::MAX),
        }
    }

    /// The pace of calls that read, to a server with this pace of its own.
    pub(crate) fn pace(&self, reads_per_second: Option<u32>) -> Pace {
        match reads_per_second {
            Some(calls) => Pace { calls, window: Duration::from_secs(1) },
            None => Pace {
                calls: u32::try_from(self.rate_limit_max_calls).unwrap_or(u32::MAX),
                window: Duration::from_secs(self.rate_limit_window),
            },
        }
    }

    fn total(&self, errand: Errand) -> u64 {
        match errand {
            Errand::Request => self.api_request_timeout,
            Errand::HealthCheck => self.api_health_check_timeout,
            Errand::Backup => self.api_backup_timeout,
            Errand::Bulk => self.api_bulk_timeout,
            Errand::Provisioning => self.provisioning_timeout,
            Errand::DomainSync => self.domain_sync_timeout,
            Errand::UsageSync => self.usage_sync_timeout,
        }
    }
}

/// The settings as they are now. Clones see the same changes.
#[derive(Clone, Debug)]
pub(crate) struct Live(watch::Receiver<Settings>);

impl Live {
    /// The settings, and the end where new ones are put in.
    pub(crate) fn new(settings: Settings) -> (watch::Sender<Settings>, Self) {
        let (sender, receiver) = watch::channel(settings);
        (sender, Self(receiver))
    }

    /// The settings in force.
    pub(crate) fn now(&self) -> Settings {
        *self.0.borrow()
    }
}
