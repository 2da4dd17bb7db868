//! `praho jobs retry`: its options, and the retry of all jobs that ended in a period.

use std::collections::BTreeMap;

use clap::{Args, builder::PossibleValuesParser};
use contracts::provisioning::v1::{RetriedJobs, RetryJobsRequest};
use model::{fault::FaultKind, job::JobKind};

use crate::{
    failure::Failure,
    listing::{self, List},
    options::{Intent, Limit, Wait},
    question::agreed,
    session::Session,
};

#[derive(Args, Debug)]
pub(crate) struct Retry {
    /// The job's id
    #[arg(required_unless_present = "status", conflicts_with = "status")]
    pub(super) job: Option<String>,
    /// Many jobs: all with this status that the other options choose
    #[arg(long, requires = "since", value_parser = PossibleValuesParser::new(["failed", "cancelled"]))]
    status: Option<String>,
    /// Only jobs that ended since then, such as 30m, 2h or 1d
    #[arg(long, requires = "status", value_name = "TIME", value_parser = seconds)]
    since: Option<u64>,
    /// Only jobs of this kind
    #[arg(long, requires = "status", value_parser = PossibleValuesParser::new(JobKind::ALL.map(JobKind::as_str)))]
    kind: Option<String>,
    /// Only jobs that failed for a fault of this kind
    #[arg(long, requires = "status", value_parser = PossibleValuesParser::new(FaultKind::ALL.map(FaultKind::as_str)))]
    fault: Option<String>,
    /// Only count the jobs
    #[arg(long, requires = "status", conflicts_with = "yes")]
    dry_run: bool,
    /// Restart the jobs without a question
    #[arg(long, requires = "status")]
    yes: bool,
    #[command(flatten)]
    pub(super) intent: Intent,
    #[command(flatten)]
    pub(super) wait: Wait,
}

impl Retry {
    /// Counts the jobs, asks, and restarts them.
    pub(super) async fn many(self, session: &Session) -> Result<(), Failure> {
        if self.wait.wait {
            let message = "--wait waits for one job; praho jobs list shows how many jobs go";
            return Err(Failure::Usage(message.to_owned()));
        }
        let found = self.each(session, true).await?;
        let number = total(&found.items);
        if self.dry_run || number == 0 {
            return session.output.list(&found);
        }
        if !self.yes {
            session.output.list(&found)?;
            let question = format!("Restart these {number} jobs?");
            if !agreed(&question, "give --yes to restart these jobs, or --dry-run")? {
                session.output.note("nothing was changed");
                return Ok(());
            }
        }
        let restarted = self.each(session, false).await?;
        session.output.list(&restarted)?;
        session.output.note(&format!("{} jobs were restarted", total(&restarted.items)));
        Ok(())
    }

    /// Sends one call for each part of the period, and adds up the answers. Each call that changes something has a request
    /// id of its own, which a repeat of the command with its id makes again.
    async fn each(&self, session: &Session, dry_run: bool) -> Result<List<RetriedJobs>, Failure> {
        let id = self.intent.clone().id();
        let calls = std::cell::Cell::new(0);
        let jobs = listing::all(Limit::default(), async |_, page_token| {
            calls.set(calls.get() + 1);
            let request_id = format!("{id}.{}", calls.get());
            let request = RetryJobsRequest {
                request_id,
                status: self.status.clone().unwrap_or_default(),
                since_seconds: self.since.unwrap_or_default(),
                kind: self.kind.clone().unwrap_or_default(),
                fault: self.fault.clone().unwrap_or_default(),
                dry_run,
                page_token,
            };
            let mut client = session.client.jobs();
            let answer = session.client.change(&id, client.retry_jobs(request)).await?;
            Ok((answer.jobs, answer.next_page_token))
        });
        let list = jobs.await?;
        Ok(List { items: added_up(list.items), ..list })
    }
}

/// One entry for each kind and fault.
fn added_up(jobs: Vec<RetriedJobs>) -> Vec<RetriedJobs> {
    let mut sums = BTreeMap::<_, u32>::new();
    for RetriedJobs { kind, fault, jobs } in jobs {
        *sums.entry((kind, fault)).or_default() += jobs;
    }
    sums.into_iter().map(|((kind, fault), jobs)| RetriedJobs { kind, fault, jobs }).collect()
}

fn total(jobs: &[RetriedJobs]) -> u32 {
    jobs.iter().map(|it| it.jobs).sum()
}

/// A number of seconds, minutes, hours or days, such as `2h`, in seconds.
fn seconds(text: &str) -> Result<u64, String> {
    let problem = || "give a number with s, m, h or d, such as 2h".to_owned();
    let units = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)];
    let (unit, factor) =
        units.into_iter().find(|(unit, _)| text.ends_with(*unit)).ok_or_else(problem)?;
    let number: u64 = text.strip_suffix(unit).unwrap_or(text).parse().map_err(|_| problem())?;
    number.checked_mul(factor).filter(|it| *it > 0).ok_or_else(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_a_number_and_a_unit() {
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("30m"), Ok(1800));
        assert_eq!(seconds("2h"), Ok(7200));
        assert_eq!(seconds("1d"), Ok(86_400));
        for wrong in ["", "2", "h", "0h", "-1h", "2 h", "2w", "99999999999999999999d", "2hh"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn parts_are_added_up_by_kind_and_fault() {
        let of = |fault: &str, jobs| RetriedJobs {
            kind: "account.provision".to_owned(),
            fault: fault.to_owned(),
            jobs,
        };
        let sums = added_up(vec![of("timeout", 2), of("unavailable", 1), of("timeout", 3)]);
        assert_eq!(sums, [of("timeout", 5), of("unavailable", 1)]);
        assert_eq!(total(&sums), 6);
    }
}
