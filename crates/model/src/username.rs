//! The Unix user name of an account's administrator: its rules, and its derivation from a domain.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use any_ascii::any_ascii;
use serde::{Deserialize, Serialize};

use crate::domain::DomainName;

mod reserved;

use reserved::is_reserved;

/// The fewest characters of a name.
const MIN: usize = 3;
/// The most characters of a name (`useradd(8)`, `utmp(5)`).
const MAX: usize = 32;
/// The highest number after a base, which distinguishes it from a taken name.
const LAST_SUFFIX: u16 = 9999;
/// The characters that every candidate of a domain shares: the longest name without its largest suffix.
const STEM: usize = MAX - 4;

/// A name that Linux and Virtualmin accept for the administrator of a virtual server.
///
/// A name matches `[a-z][a-z0-9_-]*` (`NAME_REGEX` of Debian's `adduser.conf`), has 3 to 32 characters, and
/// is not used by the system, a common service, or a password guesser. Names from [`Username::derive`] and
/// [`Username::candidates`] have only letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Username(String);

impl Username {
    /// The name as in Linux and Virtualmin.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The common beginning of all [candidates](Self::candidates) of the domain: at most 28 letters and
    /// digits.
    ///
    /// One query for the names on the server `LIKE stem || '%'` (nothing in a stem needs escaping) finds every
    /// name that a candidate can clash with.
    pub fn stem(domain: &DomainName) -> String {
        cut(&base(domain), STEM).to_owned()
    }

    /// The names for the domain's account, best first: `example`, `example2`, up to `example9999`.
    ///
    /// The base is the first label without its hyphens, in Latin letters: `țară.ro` gives `tara`. It
    /// gets `user` in front if it would be too short, start with a digit, or be reserved: `a.co` gives
    /// `usera`, `3com.com` gives `user3com`, `admin.com` gives `useradmin`. The base is cut if a suffix would
    /// make the name longer than 32 characters.
    pub fn candidates(domain: &DomainName) -> impl Iterator<Item = Self> + use<> {
        let base = base(domain);
        (1..=LAST_SUFFIX).filter_map(move |n| {
            if n == 1 {
                return base.parse().ok();
            }
            let suffix = n.to_string();
            format!("{}{suffix}", cut(&base, MAX - suffix.len())).parse().ok()
        })
    }

    /// The first candidate after this name for which `taken` is false; `None` if all are taken, or this name is no
    /// candidate of the domain.
    pub fn next(&self, domain: &DomainName, mut taken: impl FnMut(&str) -> bool) -> Option<Self> {
        let after = Self::candidates(domain).skip_while(|name| name != self).skip(1);
        after.into_iter().find(|name| !taken(name.as_str()))
    }

    /// The first candidate for which `taken` is false.
    ///
    /// # Errors
    ///
    /// [`UsernameError::NoneFree`] if all candidates, close to ten thousand, are taken.
    pub fn derive(
        domain: &DomainName,
        mut taken: impl FnMut(&str) -> bool,
    ) -> Result<Self, UsernameError> {
        Self::candidates(domain).find(|name| !taken(name.as_str())).ok_or(UsernameError::NoneFree)
    }
}

/// The domain's first candidate: a valid name of letters and digits.
fn base(domain: &DomainName) -> String {
    let mut base = latin(domain.first_label());
    base.truncate(MAX);
    // This runs twice for `s.com`, because `users` is a group of Debian.
    while base.len() < MIN || base.starts_with(|c: char| c.is_ascii_digit()) || is_reserved(&base) {
        base.insert_str(0, "user");
        base.truncate(MAX);
    }
    base
}

/// The letters and digits of a label, an international one in Latin letters.
fn latin(label: &str) -> String {
    let Some(punycode) = label.strip_prefix("xn--") else { return letters_and_digits(label) };
    let (unicode, _) = idna::domain_to_unicode(label);
    let latin = letters_and_digits(&any_ascii(&unicode));
    // The encoded form is left of a label whose letters have no Latin counterpart.
    if latin.is_empty() { letters_and_digits(punycode) } else { latin }
}

fn letters_and_digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The first `length` characters of an ASCII text.
fn cut(text: &str, length: usize) -> &str {
    text.get(..length).unwrap_or(text)
}

/// Why a text cannot be the name of an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsernameError {
    /// The text has this many octets.
    #[error("the user name has {0} octets; give one of 3 to 32")]
    Length(usize),
    /// The first character is not a lower-case letter.
    #[error("the user name starts with {0:?}; start it with a lower-case letter")]
    Start(char),
    /// A character is not allowed.
    #[error(
        "the user name contains {0:?}; use lower-case letters, digits, hyphens and underscores"
    )]
    Character(char),
    /// The name belongs to the system, to a service, or to the first guesses of an attacker.
    #[error(
        "the user name is reserved for the system; give another, such as one made from the domain"
    )]
    Reserved,
    /// All candidates of the domain are taken.
    #[error("all user names made from the domain are taken on the server; give one by hand")]
    NoneFree,
}

impl FromStr for Username {
    type Err = UsernameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !(MIN..=MAX).contains(&text.len()) {
            return Err(UsernameError::Length(text.len()));
        }
        if let Some(c) = text.chars().next().filter(|c| !c.is_ascii_lowercase()) {
            return Err(UsernameError::Start(c));
        }
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
        if let Some(c) = text.chars().find(|&c| !allowed(c)) {
            return Err(UsernameError::Character(c));
        }
        if is_reserved(text) {
            return Err(UsernameError::Reserved);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for Username {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Username {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Username {
    type Error = UsernameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Username> for String {
    fn from(name: Username) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests;
