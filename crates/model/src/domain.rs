//! The DNS name of a virtual server, with all rules about the names that can be hosted.

use std::borrow::Borrow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Serialize};

/// Octets in a name in its text form without the trailing dot (RFC 1035, 2.3.4: 255 on the wire).
pub(crate) const MAX_NAME: usize = 253;
/// Octets in the shortest name that can be registered, `a.bc`: no top-level domain has one letter.
const MIN_NAME: usize = 4;
/// Octets in a label (RFC 1035, 2.3.4).
const MAX_LABEL: usize = 63;
/// The most octets of input that are read: a valid name of four-octet characters needs fewer.
const MAX_INPUT: usize = 1024;

/// Top-level names that are reserved and can never be delegated to a customer.
///
/// RFC 6761 (`localhost`, `invalid`), RFC 6762 (`local`), RFC 7686 (`onion`), RFC 9476 (`alt`), RFC 3172
/// (`arpa`), ICANN board resolution 2024.07.29.06 (`internal`). RFC 6761 also reserves `test` and `example`,
/// which are allowed here: they are harmless, and demos, simulators and documentation need names that never
/// belong to anyone.
const SPECIAL_USE: [&str; 7] =
    ["alt", "arpa", "internal", "invalid", "local", "localhost", "onion"];

/// A domain name that can be hosted, in lower-case ASCII (punycode) without a trailing dot.
///
/// Parsing accepts upper case, one trailing dot and international names (UTS 46 with STD3 rules),
/// so two spellings of one name are equal once parsed. Equality, order and hash are those of the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct DomainName(String);

impl DomainName {
    /// The name as in DNS, in Virtualmin and in the database.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The labels from left to right: at least two, none empty.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('.')
    }

    /// Whether the name is `apex` or lies below it.
    pub fn is_within(&self, apex: &Self) -> bool {
        let above = self.0.strip_suffix(apex.as_str());
        above.is_some_and(|it| it.is_empty() || it.ends_with('.'))
    }

    /// The name and those above it, from the longest to the one of two labels.
    pub fn with_parents(&self) -> impl Iterator<Item = &str> {
        let starts = self.0.match_indices('.').map(|(at, _)| at + 1);
        let names = std::iter::once(0).chain(starts).filter_map(|at| self.0.get(at..));
        names.filter(|name| name.contains('.'))
    }

    /// The target in audit rows, such as `domain/example.com`.
    pub fn target(&self) -> String {
        format!("domain/{}", self.0)
    }

    /// The leftmost label.
    pub fn first_label(&self) -> &str {
        self.0.split('.').next().unwrap_or(&self.0)
    }
}

/// Why a text is not a domain name that can be hosted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DomainNameError {
    /// There is no text, or only a dot.
    #[error("the domain name is empty; give one such as example.com")]
    Empty,
    /// `example`: a name that no registry could delegate.
    #[error("the domain name has only one label; give the full name, such as example.com")]
    SingleLabel,
    /// `a..b` or `.a.b`.
    #[error("the domain name has an empty label; write one dot between labels and none in front")]
    EmptyLabel,
    /// A label has this many octets in its ASCII form, more than 63.
    #[error("a label of the domain name has {0} octets and DNS allows 63; shorten it")]
    LabelTooLong(usize),
    /// A label starts or ends with a hyphen.
    #[error("a label of the domain name starts or ends with a hyphen; remove the hyphen")]
    EdgeHyphen,
    /// An ASCII character other than a letter, digit, hyphen or dot.
    #[error("the domain name contains {0:?}; use only letters, digits, hyphens and dots")]
    Character(char),
    /// The international form, or a label starting with `xn--`, is not valid.
    #[error(
        "the domain name is not valid under IDNA (UTS 46); check its characters and its xn-- labels"
    )]
    International,
    /// More than 253 octets in the ASCII form.
    #[error("the domain name is longer than 253 octets in its ASCII form; shorten it")]
    TooLong,
    /// Fewer than 4 octets.
    #[error("the domain name is shorter than 4 octets; give the full name, such as example.com")]
    TooShort,
    /// An IPv4 or IPv6 address.
    #[error("an IP address is not a domain name; give the name that points at it")]
    IpAddress,
    /// `1.2.3` or `a.0x7f`: a name that clients read as an IPv4 address (URL standard, host parsing).
    #[error(
        "the last label of the domain name is a number; give a name that ends in a top-level domain"
    )]
    NumericTopLabel,
    /// The name lies under a special-use top-level name.
    #[error(".{0} is a special-use name that cannot be hosted; give a public domain name")]
    SpecialUse(&'static str),
    /// `www.example.com`: Virtualmin refuses it, because it serves `www` along with the name itself.
    #[error(
        "the domain name starts with www, which is served along with the name itself; leave www. out"
    )]
    Www,
}

impl FromStr for DomainName {
    type Err = DomainNameError;

    fn from_str(input: &str) -> Result<Self, Self::Err> {
        if input.len() > MAX_INPUT {
            return Err(DomainNameError::TooLong);
        }
        if input.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
            return Err(DomainNameError::IpAddress);
        }
        if let Some(c) = input.chars().find(|&c| c.is_ascii() && !is_name_character(c)) {
            return Err(DomainNameError::Character(c));
        }
        if input.split('.').any(|label| label.starts_with('-') || label.ends_with('-')) {
            return Err(DomainNameError::EdgeHyphen);
        }
        // The checks above give the common mistakes their own errors. UTS 46 then maps the rest, so every
        // rule on the shape of a name must check its result and not the input.
        let mapped = Uts46::new()
            .to_ascii(
                input.as_bytes(),
                AsciiDenyList::STD3,
                Hyphens::CheckFirstLast,
                DnsLength::Ignore,
            )
            .map_err(|_| DomainNameError::International)?;
        let name = mapped.strip_suffix('.').unwrap_or(&mapped);
        check_shape(name)?;
        Ok(Self(name.to_owned()))
    }
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '.'
}

/// Checks lower-case ASCII made of letters, digits, hyphens and dots.
fn check_shape(name: &str) -> Result<(), DomainNameError> {
    if name.is_empty() {
        return Err(DomainNameError::Empty);
    }
    if name.len() > MAX_NAME {
        return Err(DomainNameError::TooLong);
    }
    for label in name.split('.') {
        if label.is_empty() {
            return Err(DomainNameError::EmptyLabel);
        }
        if label.len() > MAX_LABEL {
            return Err(DomainNameError::LabelTooLong(label.len()));
        }
    }
    let top = name.rsplit('.').next().unwrap_or(name);
    if let Some(special) = SPECIAL_USE.into_iter().find(|special| *special == top) {
        return Err(DomainNameError::SpecialUse(special));
    }
    if !name.contains('.') {
        return Err(DomainNameError::SingleLabel);
    }
    if is_number(top) {
        return Err(DomainNameError::NumericTopLabel);
    }
    if name.len() < MIN_NAME {
        return Err(DomainNameError::TooShort);
    }
    if name.starts_with("www.") {
        return Err(DomainNameError::Www);
    }
    Ok(())
}

/// Whether a URL parser reads the label as a part of an IPv4 address: decimal, or hexadecimal.
fn is_number(label: &str) -> bool {
    label.bytes().all(|b| b.is_ascii_digit())
        || label.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for DomainName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for DomainName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DomainName {
    type Error = DomainNameError;

    fn try_from(input: String) -> Result<Self, Self::Error> {
        input.parse()
    }
}

impl From<DomainName> for String {
    fn from(name: DomainName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests;
