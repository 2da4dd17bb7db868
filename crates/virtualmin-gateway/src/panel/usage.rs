//! Reads what a virtual server uses from `list-domains`, and its transfer by day from `list-bandwidth`.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Deserialize;

use super::{
    objects::{self, List, Object, Reader, Record, Unrecognised},
    programs,
    request::{Refusal, Request},
};

/// What a virtual server uses, in bytes; `None` for what the host does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) disk: Option<u64>,
    pub(crate) user_disk: Option<u64>,
    pub(crate) databases: Option<u64>,
    pub(crate) transfer: Option<u64>,
}

/// The values that we read; only the full form of the listing has them.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(crate) struct Values<'a> {
    server_byte_quota_used: Option<List<'a>>,
    user_byte_quota_used: Option<List<'a>>,
    databases_byte_size: Option<List<'a>>,
    bandwidth_byte_usage: Option<List<'a>>,
}

impl Record for Usage {
    type Object<'a> = Object<'a, Values<'a>>;

    fn read(Object { name, values }: Self::Object<'_>) -> Result<Self, Unrecognised> {
        objects::check_name(&name)?;
        let reader = Reader(&name);
        Ok(Self {
            disk: reader.parsed(values.server_byte_quota_used, "server_byte_quota_used")?,
            user_disk: reader.parsed(values.user_byte_quota_used, "user_byte_quota_used")?,
            databases: reader.parsed(values.databases_byte_size, "databases_byte_size")?,
            transfer: reader.parsed(values.bandwidth_byte_usage, "bandwidth_byte_usage")?,
        })
    }
}

/// The transfer of a virtual server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transfer {
    /// Oldest first.
    pub(crate) days: Vec<Day>,
}

/// The transfer of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) date: String,
    /// Bytes by feature.
    pub(crate) bytes: BTreeMap<String, u64>,
}

/// One object of `data` (recording 344).
#[derive(Debug, Deserialize)]
pub(crate) struct Listed<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    bw: Vec<BTreeMap<Cow<'a, str>, Cow<'a, str>>>,
}

impl Record for Transfer {
    type Object<'a> = Listed<'a>;

    fn read(Listed { name, bw }: Self::Object<'_>) -> Result<Self, Unrecognised> {
        objects::check_name(&name)?;
        let reader = Reader(&name);
        let day = |mut values: BTreeMap<Cow<'_, str>, Cow<'_, str>>| {
            let date = values.remove("date").ok_or_else(|| reader.missing("date"))?.into_owned();
            let bytes = values.into_iter().map(|(feature, bytes)| {
                let bytes = bytes.parse().map_err(|_| reader.wrong("bw"))?;
                Ok((feature.into_owned(), bytes))
            });
            Ok(Day { date, bytes: bytes.collect::<Result<_, _>>()? })
        };
        Ok(Self { days: bw.into_iter().map(day).collect::<Result<_, _>>()? })
    }
}

/// The call that lists what a virtual server uses.
pub(crate) fn listing(domain: &str) -> Result<Request, Refusal> {
    Request::on(&programs::domains::LIST, domain)
}

/// The call that lists the transfer of a virtual server between two days, either of which may be empty.
pub(crate) fn transfer(
    domain: &str,
    from: &str,
    to: &str,
    with_parts: bool,
) -> Result<Request, Refusal> {
    let mut request =
        Request::on(&programs::domains::BANDWIDTH, domain)?.switch("simple-multiline")?;
    for (flag, field, date) in [("start", "from_date", from), ("end", "to_date", to)] {
        if !date.is_empty() {
            request = request.value(flag, date).map_err(|refusal| refusal.of(field))?;
        }
    }
    if with_parts { request.switch("include-subservers") } else { Ok(request) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_recorded_days() {
        let listed =
            r#"{"name":"plus2.test","bw":[{"web":"777","date":"2026-11-20","mail":"50"}]}"#;
        let transfer = Transfer::read(serde_json::from_str(listed).unwrap()).unwrap();
        let bytes = [("mail".to_owned(), 50), ("web".to_owned(), 777)];
        let day = Day { date: "2026-11-20".to_owned(), bytes: BTreeMap::from(bytes) };
        assert_eq!(transfer.days, [day]);
        let none = r#"{"name":"lat.test","bw":[]}"#;
        assert!(Transfer::read(serde_json::from_str(none).unwrap()).unwrap().days.is_empty());
    }

    #[test]
    fn the_broken_form_and_odd_days_are_refused() {
        let broken = serde_json::from_str::<Listed<'_>>(r#"{"name":"plus2.test","value":""}"#);
        assert!(broken.is_err());
        for day in [r#"{"web":"777"}"#, r#"{"date":"2026-11-20","web":"x"}"#] {
            let listed = format!(r#"{{"name":"a.test","bw":[{day}]}}"#);
            assert!(Transfer::read(serde_json::from_str(&listed).unwrap()).is_err(), "{day}");
        }
    }

    #[test]
    fn what_is_not_counted_stays_unknown() {
        let read = |values: &str| {
            let object = format!(r#"{{"name":"a.test","values":{values}}}"#);
            Usage::read(serde_json::from_str(&object).unwrap())
        };
        let usage =
            read(r#"{"server_byte_quota_used":["278528"],"databases_byte_size":["16384"]}"#);
        let expected = Usage { disk: Some(278_528), databases: Some(16_384), ..Usage::default() };
        assert_eq!(usage.unwrap(), expected);
        assert!(read(r#"{"server_byte_quota_used":["272 KiB"]}"#).is_err());
    }
}
