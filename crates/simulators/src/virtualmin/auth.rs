//! Authentication: Basic credentials, a growing delay after wrong passwords, and a block after five.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::options::Options;

/// The number of wrong passwords in a row before a block (`blockhost_failures`).
const FAILURES: u32 = 5;

/// The result of checking a request's credentials.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// The user may run programs.
    Master,
    /// The password is right, but the user may not run programs.
    Restricted,
    /// The request has no credentials.
    Anonymous,
    /// The password is wrong: answer after the delay.
    Wrong {
        /// The time before the answer.
        delay: Duration,
        /// Whether the address is now blocked.
        blocks: bool,
    },
}

/// The accounts, and the failed attempts of each address.
#[derive(Debug)]
pub(super) struct Auth {
    master: String,
    restricted: Option<String>,
    step: Duration,
    block_for: Duration,
    failures: BTreeMap<IpAddr, u32>,
    blocked_until: BTreeMap<IpAddr, Instant>,
}

impl Auth {
    /// Starts without failed attempts.
    pub(super) fn new(options: &Options) -> Self {
        Self {
            master: credentials(&options.username, &options.password),
            restricted: options.restricted.as_ref().map(|(user, pass)| credentials(user, pass)),
            step: options.wrong_password_delay,
            block_for: options.block_for,
            failures: BTreeMap::new(),
            blocked_until: BTreeMap::new(),
        }
    }

    /// Changes the master's credentials.
    pub(super) fn set_master(&mut self, username: &str, password: &str) {
        self.master = credentials(username, password);
    }

    /// Whether requests from this address are refused at this time.
    pub(super) fn is_blocked(&mut self, address: IpAddr, now: Instant) -> bool {
        self.blocked_until.retain(|_, until| *until > now);
        self.blocked_until.contains_key(&address)
    }

    /// Checks an `Authorization` header.
    pub(super) fn judge(
        &mut self,
        address: IpAddr,
        authorization: Option<&str>,
        now: Instant,
    ) -> Verdict {
        let Some(given) = authorization.and_then(|header| header.strip_prefix("Basic ")) else {
            return Verdict::Anonymous;
        };
        let verdict = if given == self.master {
            Verdict::Master
        } else if Some(given) == self.restricted.as_deref() {
            Verdict::Restricted
        } else {
            return self.fail(address, now);
        };
        self.failures.remove(&address);
        verdict
    }

    fn fail(&mut self, address: IpAddr, now: Instant) -> Verdict {
        let failures = self.failures.entry(address).or_default();
        *failures += 1;
        let (delay, blocks) = (self.step * *failures, *failures >= FAILURES);
        if blocks {
            self.failures.remove(&address);
            self.blocked_until.insert(address, now + self.block_for);
        }
        Verdict::Wrong { delay, blocks }
    }
}

/// The credentials in their encoded form, so that a comparison needs no decoding.
fn credentials(username: &str, password: &str) -> String {
    STANDARD.encode(format!("{username}:{password}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn auth() -> Auth {
        let restricted = Some(("owner".into(), "secret".into()));
        let step = Duration::from_secs(1);
        Auth::new(&Options { restricted, wrong_password_delay: step, ..Options::default() })
    }

    fn header(username: &str, password: &str) -> String {
        format!("Basic {}", credentials(username, password))
    }

    #[test]
    fn each_wrong_password_costs_a_second_more_and_the_fifth_blocks() {
        let (mut auth, now) = (auth(), Instant::now());
        let wrong = header("praho", "wrong");
        for failure in 1..=5 {
            let delay = Duration::from_secs(failure);
            let verdict = auth.judge(ADDRESS, Some(&wrong), now);
            assert_eq!(verdict, Verdict::Wrong { delay, blocks: failure == 5 });
            assert_eq!(auth.is_blocked(ADDRESS, now), failure == 5);
        }
    }

    #[test]
    fn a_right_password_forgives_the_wrong_ones() {
        let (mut auth, now) = (auth(), Instant::now());
        let (wrong, right) = (header("praho", "wrong"), header("praho", "simulated-password"));
        for _ in 0..4 {
            auth.judge(ADDRESS, Some(&wrong), now);
        }
        assert_eq!(auth.judge(ADDRESS, Some(&right), now), Verdict::Master);
        let delay = Duration::from_secs(1);
        assert_eq!(auth.judge(ADDRESS, Some(&wrong), now), Verdict::Wrong { delay, blocks: false });
    }

    #[test]
    fn no_password_is_not_a_wrong_one() {
        let (mut auth, now) = (auth(), Instant::now());
        for _ in 0..9 {
            assert_eq!(auth.judge(ADDRESS, None, now), Verdict::Anonymous);
        }
        assert!(!auth.is_blocked(ADDRESS, now));
        assert_eq!(auth.judge(ADDRESS, Some(&header("owner", "secret")), now), Verdict::Restricted);
    }

    #[test]
    fn a_block_ends() {
        let (mut auth, now) = (auth(), Instant::now());
        for _ in 0..5 {
            auth.judge(ADDRESS, Some("Basic wrong"), now);
        }
        assert!(auth.is_blocked(ADDRESS, now + Duration::from_secs(59)));
        assert!(!auth.is_blocked(ADDRESS, now + Duration::from_secs(60)));
    }
}
