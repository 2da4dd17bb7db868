//! Checks the answers of name servers. Each is asked directly, so that no cache answers for it.

use std::{collections::BTreeSet, io, time::Duration};

use egress::Egress;
use futures_util::future::try_join_all;
use hickory_proto::{
    op::{Message, Query, ResponseCode},
    rr::{Name, RData, Record, RecordType as WireType},
};
use model::{
    dns::{RecordSet, RecordType},
    fault::{Fault, FaultKind},
};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

use crate::{
    apex::Apex,
    config::VerifySettings,
    content::{self, Content},
};

/// How long one attempt of a job waits for name servers. The job is tried again later.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// The answer that every name server must give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expectation {
    /// Exactly this set, with authority.
    Served(RecordSet),
    /// None of these contents under this name and type.
    Gone(RecordSet),
    /// These name servers, this primary and this contact, with authority.
    Apex {
        /// The name of the zone.
        zone: String,
        /// Who serves it.
        apex: Apex,
    },
}

/// Asks name servers. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Verifier {
    egress: Egress,
    period: Duration,
}

impl Verifier {
    /// Asks name servers that `egress` lets it reach.
    pub(crate) fn new(egress: Egress, settings: VerifySettings) -> Self {
        Self { egress, period: settings.interval() }
    }

    /// Asks all `nameservers` (`host:port`) at once and again at every period, until each meets all `expectations` or
    /// the time limit has passed.
    ///
    /// # Errors
    ///
    /// [`FaultKind::Unavailable`], with the first answer that differs.
    pub(crate) async fn wait_for(
        &self,
        nameservers: &[String],
        expectations: &[Expectation],
    ) -> Result<(), Fault> {
        self.wait_within(TIME_LIMIT, nameservers, expectations).await
    }

    async fn wait_within(
        &self,
        limit: Duration,
        nameservers: &[String],
        expectations: &[Expectation],
    ) -> Result<(), Fault> {
        let mut last = "no name server answers in time".to_owned();
        let met = async {
            // The first tick is immediate.
            let mut ticks = interval(self.period);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                let checks = nameservers.iter().map(|it| self.check(it, expectations));
                match try_join_all(checks).await {
                    Ok(_) => return,
                    Err(difference) => last = difference,
                }
            }
        };
        match timeout_at(Instant::now() + limit, met).await {
            Ok(()) => Ok(()),
            Err(_) => Err(Fault::new(FaultKind::Unavailable, last)),
        }
    }

    /// Asks one name server for every expectation.
    ///
    /// # Errors
    ///
    /// The first difference, in words.
    async fn check(&self, nameserver: &str, expectations: &[Expectation]) -> Result<(), String> {
        for expectation in expectations {
            for (name, kind) in expectation.questions() {
                let query = query(name, kind)?;
                let answer = self.egress.ask(nameserver, &query).await;
                if let Err(difference) = expectation.met_by(&query, answer) {
                    return Err(format!("name server {nameserver}, {name} {kind}: {difference}"));
                }
            }
        }
        Ok(())
    }
}

fn query(name: &str, kind: WireType) -> Result<Query, String> {
    let name = Name::from_ascii(format!("{name}."))
        .map_err(|error| format!("{name} is not a name: {error}"))?;
    Ok(Query::query(name, kind))
}

fn wire_type(kind: RecordType) -> WireType {
    match kind {
        RecordType::A => WireType::A,
        RecordType::Aaaa => WireType::AAAA,
        RecordType::Mx => WireType::MX,
        RecordType::Txt => WireType::TXT,
    }
}

impl Expectation {
    /// The names and types to ask for.
    fn questions(&self) -> Vec<(&str, WireType)> {
        match self {
            Self::Served(set) | Self::Gone(set) => vec![(&set.name, wire_type(set.kind))],
            Self::Apex { zone, .. } => vec![(zone, WireType::NS), (zone, WireType::SOA)],
        }
    }

    /// Compares an answer with the expectation; the error is the difference, in words.
    fn met_by(&self, query: &Query, answer: io::Result<Message>) -> Result<(), String> {
        let answer = answer.map_err(|error| format!("no answer: {error}"))?;
        let code = answer.metadata.response_code;
        let asked_for = |record: &&Record| {
            record.name == *query.name() && record.record_type() == query.query_type()
        };
        let records = answer.answers.iter().filter(asked_for);
        let (contents, ttls): (BTreeSet<_>, Vec<_>) = records
            .filter_map(|record| Some((Content::from_answer(&record.data)?, record.ttl)))
            .unzip();
        match self {
            Self::Served(_) | Self::Apex { .. } if code != ResponseCode::NoError => {
                Err(format!("it answers {code}"))
            }
            Self::Served(_) | Self::Apex { .. } if !answer.metadata.authoritative => {
                Err("it answers without authority".to_owned())
            }
            Self::Served(set) if content::contents(set).as_ref() != Ok(&contents) => {
                Err("it does not answer as wanted yet".to_owned())
            }
            // A load balancer before the name server may have counted the time down.
            Self::Served(set) if ttls.iter().any(|ttl| *ttl > set.ttl) => {
                Err("it still answers the former time to live".to_owned())
            }
            Self::Gone(_) if code == ResponseCode::ServFail => Err(format!("it answers {code}")),
            Self::Gone(set)
                if content::contents(set).is_ok_and(|gone| !gone.is_disjoint(&contents)) =>
            {
                Err("it still answers what was removed".to_owned())
            }
            Self::Apex { apex, .. } => {
                let records = answer.answers.iter().filter(asked_for);
                match apex.is_answered(query.query_type(), records.map(|it| &it.data)) {
                    true => Ok(()),
                    false => Err("it does not answer as wanted yet".to_owned()),
                }
            }
            _ => Ok(()),
        }
    }
}

impl Apex {
    /// Whether these NS or SOA records are those of this apex.
    fn is_answered<'a>(&self, kind: WireType, records: impl Iterator<Item = &'a RData>) -> bool {
        let host = |name: &Name| name.to_ascii().trim_end_matches('.').to_ascii_lowercase();
        match kind {
            WireType::NS => {
                let names = records.filter_map(|data| match data {
                    RData::NS(name) => Some(host(name)),
                    _ => None,
                });
                names.collect::<BTreeSet<_>>() == self.ns_names
            }
            _ => records.into_iter().any(|data| match data {
                RData::SOA(soa) => {
                    host(&soa.mname) == self.primary
                        && soa.rname.to_ascii().to_ascii_lowercase() == self.contact
                }
                _ => false,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
