//! The data of a record, read from presentation form or from the answer of a name server.
//!
//! A provider may store a content in another spelling (`2001:DB8::7` as `2001:db8::7`), and name servers answer in wire
//! format. Contents are therefore compared by their meaning.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, Ipv6Addr},
};

use hickory_proto::rr::RData;
use model::dns::{RecordSet, RecordType};

/// The most octets of a string in a TXT record (RFC 1035 section 3.3).
const MAX_STRING: usize = 255;

/// The data of one record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Content {
    A(Ipv4Addr),
    Aaaa(Ipv6Addr),
    /// The exchange in lower case with its final dot.
    Mx {
        preference: u16,
        exchange: String,
    },
    Txt(Vec<Vec<u8>>),
}

/// Why a text is not a content of its type: the end of a sentence that begins with the content.
pub(crate) type Malformed = &'static str;

impl Content {
    /// Reads presentation form (RFC 1035 section 5.1).
    pub(crate) fn parse(kind: RecordType, text: &str) -> Result<Self, Malformed> {
        match kind {
            RecordType::A => {
                text.parse().map(Self::A).map_err(|_| "is not an IPv4 address such as 192.0.2.7")
            }
            RecordType::Aaaa => text
                .parse()
                .map(Self::Aaaa)
                .map_err(|_| "is not an IPv6 address such as 2001:db8::7"),
            RecordType::Mx => exchange(text).ok_or("is not like `10 mail.example.ro.`"),
            RecordType::Txt => strings(text).map(Self::Txt),
        }
    }

    /// The data in an answer; `None` for a type that we do not write.
    pub(crate) fn from_answer(data: &RData) -> Option<Self> {
        match data {
            RData::A(address) => Some(Self::A(address.0)),
            RData::AAAA(address) => Some(Self::Aaaa(address.0)),
            RData::MX(mx) => Some(Self::Mx {
                preference: mx.preference,
                exchange: mx.exchange.to_ascii().to_ascii_lowercase(),
            }),
            RData::TXT(txt) => {
                Some(Self::Txt(txt.txt_data.iter().map(|string| string.to_vec()).collect()))
            }
            _ => None,
        }
    }
}

/// The contents of a set, without order and repetition.
pub(crate) fn contents(set: &RecordSet) -> Result<BTreeSet<Content>, Malformed> {
    set.contents.iter().map(|content| Content::parse(set.kind, content)).collect()
}

fn exchange(text: &str) -> Option<Content> {
    let (preference, exchange) = text.split_once(' ')?;
    let exchange = exchange.trim();
    let absolute = exchange.ends_with('.') && !exchange.contains(char::is_whitespace);
    let preference = preference.parse().ok()?;
    absolute.then(|| Content::Mx { preference, exchange: exchange.to_ascii_lowercase() })
}

/// Reads `"one" "two"`, where `\"` stands for a quote and `\065` for the octet 65.
fn strings(text: &str) -> Result<Vec<Vec<u8>>, Malformed> {
    let (mut all, mut rest) = (Vec::new(), text.trim_ascii().as_bytes());
    while !rest.is_empty() {
        let quoted = rest.strip_prefix(b"\"").ok_or("is not a list of strings in quotes")?;
        let (string, behind) = string(quoted)?;
        if string.len() > MAX_STRING {
            return Err("holds a string of more than 255 octets: split it into several");
        }
        all.push(string);
        rest = behind.trim_ascii_start();
    }
    if all.is_empty() { Err("holds no string") } else { Ok(all) }
}

/// The octets up to the closing quote, and the rest after it.
fn string(mut rest: &[u8]) -> Result<(Vec<u8>, &[u8]), Malformed> {
    let mut octets = Vec::new();
    loop {
        let (octet, behind) = match rest {
            [b'"', behind @ ..] => return Ok((octets, behind)),
            [b'\\', a, b, c, behind @ ..] if a.is_ascii_digit() => {
                let code =
                    std::str::from_utf8(&[*a, *b, *c]).ok().and_then(|code| code.parse().ok());
                (code.ok_or("holds an escape that is not \\000 to \\255")?, behind)
            }
            [b'\\', octet, behind @ ..] | [octet, behind @ ..] => (*octet, behind),
            [] => return Err("holds a string without its closing quote"),
        };
        octets.push(octet);
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn txt(text: &str) -> Result<Content, Malformed> {
        Content::parse(RecordType::Txt, text)
    }

    fn strings_of(texts: &[&str]) -> Content {
        Content::Txt(texts.iter().map(|text| text.as_bytes().to_vec()).collect())
    }

    #[test]
    fn reads_strings_with_escapes() {
        assert_eq!(
            txt(r#""v=DKIM1; k=rsa; p=a+/=" "b""#),
            Ok(strings_of(&["v=DKIM1; k=rsa; p=a+/=", "b"]))
        );
        assert_eq!(txt(r#""say \"a\065\\\"" "#), Ok(strings_of(&[r#"say "aA\""#])));
        assert_eq!(txt(r#""""#), Ok(strings_of(&[""])));
    }

    #[test]
    fn refuses_malformed_strings() {
        for text in ["", "v=spf1", r#""open"#, r#""a" b"#, r#""\256""#, r#""\1x3""#, r#""end\"#] {
            assert!(txt(text).is_err(), "{text}");
        }
        assert!(txt(&format!("\"{}\"", "a".repeat(256))).is_err());
    }

    #[test]
    fn two_spellings_of_one_content_are_equal() {
        let mx = |text| Content::parse(RecordType::Mx, text);
        assert_eq!(mx("10 Mail.Example.ro."), mx("10  mail.example.ro."));
        let aaaa = |text| Content::parse(RecordType::Aaaa, text);
        assert_eq!(aaaa("2001:DB8:0::7"), aaaa("2001:db8::7"));
        assert_ne!(txt(r#""ab""#), txt(r#""a" "b""#));
    }

    #[test]
    fn refuses_a_content_of_another_type() {
        for (kind, text) in [
            (RecordType::A, "2001:db8::7"),
            (RecordType::A, "192.0.2"),
            (RecordType::Aaaa, "192.0.2.7"),
            (RecordType::Mx, "mail.example.ro."),
            (RecordType::Mx, "10 mail"),
            (RecordType::Mx, "70000 mail.example.ro."),
        ] {
            assert!(Content::parse(kind, text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_reads_back_any_octets(octets in prop::collection::vec(any::<u8>(), 0..255)) {
            let escaped: String = octets.iter().map(|octet| format!("\\{octet:03}")).collect();
            prop_assert_eq!(txt(&format!("\"{escaped}\"")), Ok(Content::Txt(vec![octets])));
        }

        #[test]
        fn never_panics_on_any_text(text: String) {
            for kind in RecordType::ALL {
                let _ = Content::parse(kind, &text);
            }
        }
    }
}
