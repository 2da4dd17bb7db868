//! The types of DNS records that we write, and the forms of their values.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The types of records that we write; the panel checks none of them (recording 187).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    A,
    Aaaa,
    Cname,
    Mx,
    Txt,
    Ns,
    Srv,
    Caa,
}

impl Kind {
    const ALL: [Self; 8] =
        [Self::A, Self::Aaaa, Self::Cname, Self::Mx, Self::Txt, Self::Ns, Self::Srv, Self::Caa];

    /// The type with this mnemonic.
    pub(super) fn named(mnemonic: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == mnemonic)
    }

    /// The mnemonic, as in zone files.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Cname => "CNAME",
            Self::Mx => "MX",
            Self::Txt => "TXT",
            Self::Ns => "NS",
            Self::Srv => "SRV",
            Self::Caa => "CAA",
        }
    }

    /// The problem with a value of this type.
    pub(super) fn refuses(self, value: &str) -> Option<&'static str> {
        let words: Vec<_> = value.split(' ').collect();
        let number = |word: &&str| word.parse::<u16>().is_ok();
        let (fits, problem) = match (self, words.as_slice()) {
            (Self::A, _) => (value.parse::<Ipv4Addr>().is_ok(), "is no IPv4 address"),
            (Self::Aaaa, _) => (value.parse::<Ipv6Addr>().is_ok(), "is no IPv6 address"),
            (Self::Cname | Self::Ns, _) => (is_host(value), "give a host name with its final dot"),
            (Self::Mx, [preference, host]) => {
                let fits = number(preference) && is_host(host);
                (fits, "give a preference, and a host name with its final dot")
            }
            (Self::Srv, [numbers @ .., host]) => {
                let fits = numbers.len() == 3 && numbers.iter().all(number) && is_host(host);
                (fits, "give priority, weight and port, and a host name with its final dot")
            }
            (Self::Caa, [flags, tag, value]) => {
                let fits = ["0", "128"].contains(flags)
                    && !tag.is_empty()
                    && tag.bytes().all(|c| c.is_ascii_alphanumeric())
                    && is_plain(value);
                (fits, "give 0 or 128, a tag, and a value without blanks and quotes")
            }
            (Self::Txt, words) => {
                let fits = is_plain(value) && !words.iter().any(|it| it.is_empty());
                (fits, "give a text of ASCII without quotes, backslashes and two blanks in a row")
            }
            (Self::Mx | Self::Srv | Self::Caa, _) => (false, "has too few or too many words"),
        };
        (!fits).then_some(problem)
    }
}

/// What a zone file takes within quotes as it is. Two blanks would become one on their way through the panel.
fn is_plain(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|c| matches!(c, b' '..=b'~') && !b"\"\\".contains(&c))
}

fn is_host(value: &str) -> bool {
    value.strip_suffix('.').is_some_and(is_name)
}

/// Whether it is a host name in lower case, which may begin with an underscore or be a wildcard.
pub(super) fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || b"-_".contains(&c))
            && !label.starts_with('-')
    };
    let below = name.strip_prefix("*.").unwrap_or(name);
    name.len() <= 253 && below.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_the_form_of_its_type() {
        for (kind, good, bad) in [
            (Kind::A, "192.0.2.1", "192.0.2.256"),
            (Kind::Aaaa, "2001:db8::1", "192.0.2.1"),
            (Kind::Cname, "www.other.example.", "www.other.example"),
            (Kind::Mx, "10 mail.beta.test.", "mail.beta.test."),
            (Kind::Txt, "v=DMARC1; p=none", "say \"hi\""),
            (Kind::Txt, "one two", "one  two"),
            (Kind::Ns, "ns1.other.example.", "ns1 other"),
            (Kind::Srv, "0 5 5060 sip.beta.test.", "0 5 sip.beta.test."),
            (Kind::Caa, "0 issue letsencrypt.org", "1 issue letsencrypt.org"),
        ] {
            assert_eq!(kind.refuses(good), None, "{good}");
            assert!(kind.refuses(bad).is_some(), "{bad}");
            assert!(kind.refuses("").is_some() && kind.refuses("a\nb").is_some(), "{kind:?}");
        }
    }
}
