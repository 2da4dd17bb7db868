//! Whether name servers answer as wanted: each is asked itself, so that no cache can say so for it.

mod ask;

use std::{collections::BTreeSet, io, time::Duration};

use futures_util::future::try_join_all;
use hickory_proto::{
    op::{Message, Query, ResponseCode},
    rr::{Name, RecordType as WireType},
};
use model::{
    dns::{RecordSet, RecordType},
    fault::{Fault, FaultKind},
};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

use crate::content::{self, Content};

/// How long to wait for name servers that are behind, before the job is tried again later.
const WITHIN: Duration = Duration::from_secs(5);

/// What every name server is to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expectation {
    /// Exactly this set, with authority.
    Served(RecordSet),
    /// None of these contents under this name and type.
    Gone(RecordSet),
}

/// Asks all `nameservers` (`host:port`), again and again at this interval, until each answers all of `expectations`, for
/// a few seconds.
///
/// # Errors
///
/// [`FaultKind::Unavailable`] with what the first one that differs answered instead.
pub(crate) async fn verified(
    nameservers: &[String],
    expectations: &[Expectation],
    every: Duration,
) -> Result<(), Fault> {
    verified_within(WITHIN, nameservers, expectations, every).await
}

async fn verified_within(
    limit: Duration,
    nameservers: &[String],
    expectations: &[Expectation],
    every: Duration,
) -> Result<(), Fault> {
    let deadline = Instant::now() + limit;
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = "no name server answers in time".to_owned();
    loop {
        ticks.tick().await;
        let each = nameservers.iter().map(|it| answers_all(it, expectations));
        match timeout_at(deadline, try_join_all(each)).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(problem)) => last = problem,
            Err(_) => return Err(Fault::new(FaultKind::Unavailable, last)),
        }
        if Instant::now() >= deadline {
            return Err(Fault::new(FaultKind::Unavailable, last));
        }
    }
}

async fn answers_all(nameserver: &str, expectations: &[Expectation]) -> Result<(), String> {
    for expectation in expectations {
        let (Expectation::Served(set) | Expectation::Gone(set)) = expectation;
        let query = query(set)?;
        let answer = ask::ask(nameserver, &query).await;
        if let Err(problem) = expectation.met_by(&query, answer) {
            let RecordSet { name, kind, .. } = set;
            return Err(format!("name server {nameserver}, {name} {}: {problem}", kind.as_str()));
        }
    }
    Ok(())
}

fn query(set: &RecordSet) -> Result<Query, String> {
    let name = Name::from_ascii(format!("{}.", set.name))
        .map_err(|error| format!("{} is not a name: {error}", set.name))?;
    let kind = match set.kind {
        RecordType::A => WireType::A,
        RecordType::Aaaa => WireType::AAAA,
        RecordType::Mx => WireType::MX,
        RecordType::Txt => WireType::TXT,
    };
    Ok(Query::query(name, kind))
}

impl Expectation {
    fn met_by(&self, query: &Query, answer: io::Result<Message>) -> Result<(), String> {
        let answer = answer.map_err(|error| format!("no answer: {error}"))?;
        let code = answer.metadata.response_code;
        let records = answer
            .answers
            .iter()
            .filter(|it| it.name == *query.name() && it.record_type() == query.query_type());
        let (said, ttls): (BTreeSet<_>, Vec<_>) =
            records.filter_map(|it| Some((Content::of(&it.data)?, it.ttl))).unzip();
        match self {
            Self::Served(_) if code != ResponseCode::NoError => Err(format!("it answers {code}")),
            Self::Served(_) if !answer.metadata.authoritative => {
                Err("it answers without authority".to_owned())
            }
            Self::Served(set) if !content::contents(set).is_ok_and(|it| it == said) => {
                Err("it does not answer as wanted yet".to_owned())
            }
            // A balancer in front of it may have counted the time down.
            Self::Served(set) if ttls.iter().any(|it| *it > set.ttl) => {
                Err("it still answers the former time to live".to_owned())
            }
            Self::Gone(_) if code == ResponseCode::ServFail => Err(format!("it answers {code}")),
            Self::Gone(set) if content::contents(set).is_ok_and(|it| !it.is_disjoint(&said)) => {
                Err("it still answers what was removed".to_owned())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
