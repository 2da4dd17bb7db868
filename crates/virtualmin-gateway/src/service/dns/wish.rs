//! Compares the records that a call wants with those of a zone: what to remove, and what to add.

use model::fault::{Fault, FaultKind};

use super::kind::Kind;
use crate::panel::{
    dns::DnsRecord,
    programs,
    request::{Refusal, Request},
};

/// The records of one name and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Set {
    /// Absolute, without the final dot.
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// One of the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) value: String,
    /// `None`: as it is.
    pub(super) ttl_seconds: Option<u32>,
}

/// What is to become of the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// This one is among them.
    Has(Value),
    /// None with this value is left, or none at all.
    Lacks(Option<String>),
    /// They are these and no others.
    Are(Vec<Value>),
}

/// What is to be done for a wish.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan<'a> {
    removed: Vec<&'a DnsRecord>,
    added: Vec<&'a Value>,
}

impl Set {
    fn has(&self, record: &DnsRecord) -> bool {
        record.name.eq_ignore_ascii_case(&self.name) && record.kind() == self.kind.as_str()
    }

    /// Those of a zone.
    pub(super) fn of(&self, zone: Vec<DnsRecord>) -> Vec<DnsRecord> {
        zone.into_iter().filter(|record| self.has(record)).collect()
    }
}

impl Wish {
    /// What is to be done in this zone; nothing if the wish is fulfilled.
    pub(super) fn plan<'a>(&'a self, set: &Set, zone: &'a [DnsRecord]) -> Plan<'a> {
        let own = || zone.iter().filter(|record| set.has(record));
        let lacks = |value: &&'a Value| !own().any(|record| value.is(record));
        match self {
            Self::Has(value) => Plan {
                removed: own().filter(|it| value.is_but_for_ttl(it)).collect(),
                added: Some(value).into_iter().filter(lacks).collect(),
            },
            Self::Lacks(None) => Plan { removed: own().collect(), added: Vec::new() },
            Self::Lacks(Some(value)) => {
                let removed = own().filter(|it| same(&it.value(), value)).collect();
                Plan { removed, added: Vec::new() }
            }
            Self::Are(values) => Plan {
                removed: own().filter(|it| !values.iter().any(|value| value.is(it))).collect(),
                added: values.iter().filter(lacks).collect(),
            },
        }
    }
}

impl Value {
    fn is(&self, record: &DnsRecord) -> bool {
        let ttl = self.ttl_seconds.is_none_or(|ttl| record.ttl_seconds == Some(ttl));
        ttl && same(&record.value(), &self.value)
    }

    fn is_but_for_ttl(&self, record: &DnsRecord) -> bool {
        !self.is(record) && same(&record.value(), &self.value)
    }
}

/// Whether two values are one. An address of IPv6 has several forms.
fn same(one: &str, other: &str) -> bool {
    use std::net::Ipv6Addr;
    one == other
        || matches!((one.parse::<Ipv6Addr>(), other.parse::<Ipv6Addr>()), (Ok(one), Ok(other)) if one == other)
}

impl Plan<'_> {
    /// Whether nothing is left to do.
    pub(super) fn is_done(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty()
    }

    /// Refuses a CNAME beside other records of its name (RFC 1034 section 3.6.2), with which the server would not load the
    /// zone.
    ///
    /// # Errors
    /// `Conflict`.
    pub(super) fn check(&self, set: &Set, zone: &[DnsRecord]) -> Result<(), Fault> {
        let stays =
            |it: &&DnsRecord| it.name.eq_ignore_ascii_case(&set.name) && !self.removed.contains(it);
        let clashes = |it: &DnsRecord| set.kind == Kind::Cname || it.kind() == "CNAME";
        let clash = zone.iter().filter(stays).any(clashes);
        let two = set.kind == Kind::Cname && self.added.len() > 1;
        if self.added.is_empty() || (!clash && !two) {
            return Ok(());
        }
        let message =
            format!("{} would have a CNAME beside other records: remove those first", set.name);
        Err(Fault::new(FaultKind::Conflict, message))
    }

    /// The call that does it: the program removes before it adds.
    ///
    /// # Errors
    /// [`Refusal`] if a record of the zone has a form that cannot be sent.
    pub(super) fn request(
        &self,
        domain: &str,
        set: &Set,
        zone: &[DnsRecord],
    ) -> Result<Request, Refusal> {
        let mut request = Request::on(&programs::dns::MODIFY, domain)?;
        for record in &self.removed {
            let DnsRecord { name, listed_kind, values, .. } = record;
            let alike = |it: &&DnsRecord| it.name == *name && it.listed_kind == *listed_kind;
            let all = zone.iter().filter(alike).all(|it| self.removed.contains(&it));
            // A value may have blanks that the program would lose, so it is given only if it must be.
            let line = match all {
                true => format!("{name}. {listed_kind}"),
                false => format!("{name}. {listed_kind} {}", values.join(" ")),
            };
            request = request.value("remove-record", &line)?;
        }
        let (name, kind) = (&set.name, set.kind.as_str());
        for Value { value, ttl_seconds } in &self.added {
            request = match ttl_seconds {
                None => request.value("add-record", &format!("{name}. {kind} {value}"))?,
                Some(ttl) => {
                    let line = format!("{name}. {kind} {ttl} {value}");
                    request.value("add-record-with-ttl", &line)?
                }
            };
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests;
