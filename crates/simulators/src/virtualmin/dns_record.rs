//! One record of a DNS zone.

use serde::{Deserialize, Serialize};

/// The most characters of one string in a text record.
const LONGEST_STRING: usize = 255;

/// One record of a zone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DnsRecord {
    /// The name below the domain; empty for the domain itself. So a zone follows a renamed virtual server.
    pub name: String,
    /// The type, in upper case. A text that begins with `v=spf1` has the type `SPF`, as the panel shows it.
    pub kind: String,
    /// The time to live, if it is not the zone's.
    pub ttl: Option<String>,
    /// The values: several for `SOA` and `MX`, and for a long text.
    pub values: Vec<String>,
}

impl DnsRecord {
    /// A record with the zone's time to live.
    pub(super) fn new(name: &str, kind: &str, values: &[&str]) -> Self {
        let values = values.iter().map(|it| (*it).to_owned()).collect();
        Self { name: name.to_owned(), kind: kind.to_owned(), ttl: None, values }
    }

    /// A record as the zone has it after `kind` and `values` were written to it and read again.
    pub(super) fn written(name: &str, kind: &str, ttl: Option<String>, values: &[String]) -> Self {
        let text = values.join(" ");
        let (kind, values) = match kind {
            "TXT" if text.starts_with("v=spf1") => ("SPF", strings(&text)),
            "TXT" => ("TXT", strings(&text)),
            other => (other, values.to_vec()),
        };
        Self { name: name.to_owned(), kind: kind.to_owned(), ttl, values }
    }

    /// The absolute name in the zone of `domain`, with its final dot.
    pub(super) fn absolute(&self, domain: &str) -> String {
        match self.name.as_str() {
            "" => format!("{domain}."),
            name => format!("{name}.{domain}."),
        }
    }

    /// The values on one line.
    pub(super) fn line(&self) -> String {
        self.values.join(" ")
    }
}

/// A text as the strings of a record.
fn strings(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(LONGEST_STRING).map(|it| it.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_into_strings_and_spf_has_a_type_of_its_own() {
        let long = "x".repeat(300);
        let record = DnsRecord::written("k", "TXT", None, &[long]);
        assert_eq!(record.values.iter().map(String::len).collect::<Vec<_>>(), [255, 45]);
        let words = ["v=spf1", "-all"].map(str::to_owned);
        let record = DnsRecord::written("", "TXT", None, &words);
        assert_eq!((record.kind.as_str(), record.line().as_str()), ("SPF", "v=spf1 -all"));
    }
}
