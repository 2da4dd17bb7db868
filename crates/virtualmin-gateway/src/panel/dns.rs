//! Reads `get-dns`.

use serde::Deserialize;

use super::{
    objects::{self, List, Object, Reader, Record, Unrecognised},
    programs,
    request::{Refusal, Request},
};

/// A record of a zone as its host lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DnsRecord {
    /// Absolute, without the final dot.
    pub(crate) name: String,
    /// As listed.
    pub(crate) listed_kind: String,
    /// `None` for that of the zone.
    pub(crate) ttl_seconds: Option<u32>,
    /// The values as listed: several for `MX` and `SOA`, and for a long text.
    pub(crate) values: Vec<String>,
}

impl DnsRecord {
    /// The type in the zone file. The panel shows the text of SPF as a type of its own (180).
    pub(crate) fn kind(&self) -> &str {
        if self.listed_kind == "SPF" { "TXT" } else { &self.listed_kind }
    }

    /// The value in the form of a zone file, or a text without its quotes.
    pub(crate) fn value(&self) -> String {
        self.values.join(if self.kind() == "TXT" { "" } else { " " })
    }
}

/// The values that we read.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(crate) struct Values<'a> {
    r#type: Option<List<'a>>,
    ttl: Option<List<'a>>,
    value: Option<List<'a>>,
}

impl Record for DnsRecord {
    type Object<'a> = Object<'a, Values<'a>>;

    fn read(Object { name, values }: Self::Object<'_>) -> Result<Self, Unrecognised> {
        objects::check_name(&name)?;
        let reader = Reader(&name);
        let absolute = name.strip_suffix('.').ok_or(Unrecognised::Name)?;
        let ttl = reader.one(values.ttl, "ttl")?;
        let ttl = ttl.map(|it| seconds(&it).ok_or_else(|| reader.wrong("ttl"))).transpose()?;
        Ok(Self {
            name: absolute.to_owned(),
            listed_kind: reader.some(values.r#type, "type")?,
            ttl_seconds: ttl,
            values: values.value.ok_or_else(|| reader.missing("value"))?.all(),
        })
    }
}

/// A time to live in seconds; a zone file may have it with units, such as `1h30m` (RFC 2308 section 4 has the plain form, and
/// `modify-dns.pl` of 8.1.0 takes one unit).
fn seconds(text: &str) -> Option<u32> {
    let (mut total, mut number) = (0_u32, None::<u32>);
    for c in text.chars() {
        let unit = match c.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            digit => {
                let digit = digit.to_digit(10)?;
                number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
                continue;
            }
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    match number {
        None if text.is_empty() => None,
        rest => total.checked_add(rest.unwrap_or(0)),
    }
}

/// The call that lists the records of a virtual server's zone.
pub(crate) fn listing(domain: &str) -> Result<Request, Refusal> {
    Request::on(&programs::dns::GET, domain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn listed(data: &str) -> Result<Vec<DnsRecord>, Unrecognised> {
        let listed: Vec<_> = serde_json::from_str(data).unwrap();
        listed.into_iter().map(DnsRecord::read).collect()
    }

    #[test]
    fn reads_records_of_one_name_in_their_order() {
        let data = r#"[{"name":"beta.test.","values":{"type":["MX"],"class":["IN"],"value":["5","mail.beta.test."],
                "file":["/var/lib/bind/beta.test.hosts"]}},
            {"name":"beta.test.","values":{"type":["SPF"],"ttl":["1h"],"value":["v=spf1 a ","-all"]}}]"#;
        let records = listed(data).unwrap();
        assert_eq!((records[0].name.as_str(), records[0].kind()), ("beta.test", "MX"));
        assert_eq!(
            (records[0].value().as_str(), records[0].ttl_seconds),
            ("5 mail.beta.test.", None)
        );
        assert_eq!((records[1].kind(), records[1].value().as_str()), ("TXT", "v=spf1 a -all"));
        assert_eq!(records[1].ttl_seconds, Some(3600));
    }

    #[test]
    fn a_row_of_the_table_is_no_record() {
        for data in [
            r#"[{"name":"beta.test.     A     127.0.0.1   ","values":{}}]"#,
            r#"[{"name":"www","values":{"type":["A"],"value":["127.0.0.1"]}}]"#,
            r#"[{"name":"www.beta.test.","values":{"type":["A"]}}]"#,
            r#"[{"name":"www.beta.test.","values":{"type":["A"],"ttl":["soon"],"value":["127.0.0.1"]}}]"#,
        ] {
            assert!(listed(data).is_err(), "{data}");
        }
    }

    proptest! {
        #[test]
        fn a_time_to_live_with_units_is_their_sum(days in 0..9_u32, minutes in 0..99_u32, rest in 0..999_u32) {
            let sum = days * 86_400 + minutes * 60 + rest;
            prop_assert_eq!(seconds(&format!("{days}d{minutes}M{rest}")), Some(sum));
            prop_assert_eq!(seconds(&sum.to_string()), Some(sum));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,20}") {
            let _ = seconds(&text);
        }
    }

    #[test]
    fn what_is_no_time_to_live_is_refused() {
        for text in ["", "h", "-1", "1x", "4294967296", "99999w"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
