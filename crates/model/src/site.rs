//! The proof that an account's website is served, and the rule that tells its own site from a server's default site.
//!
//! A web server answers for a name that it does not know too: with its default site, which is that of another account,
//! or a page of the distribution. So an answer proves nothing by itself. It counts as the domain's own if two names
//! that nobody has, asked before and after it, both get another one. What a server merely repeats of the name asked for
//! (a redirect to HTTPS, the signature of an error page) is no difference: the names are masked before the comparison.
//!
//! The domain's site may be the default site itself. Then the unknown names get its answer, and that is proof too if the
//! answer names the domain, which a server cannot know from a question about another name.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};
use time::OffsetDateTime;

use crate::{domain::DomainName, words};

/// Stands for a masked name.
const MASK: char = '\u{1}';

/// The last proof that an account's website was served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedSite {
    /// The time of the proof.
    pub at: OffsetDateTime,
    /// The proof.
    pub proof: SiteProof,
}

/// What a server answered when it was asked for an account's website.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteProof {
    /// The address that was asked.
    pub address: IpAddr,
    /// The answers: by HTTP, and by HTTPS if the plan has TLS.
    pub answers: Vec<SiteAnswer>,
}

/// The answer of an account's website to one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteAnswer {
    /// The URL, with the domain as its host.
    pub url: String,
    /// The HTTP status, below 500.
    pub status: u16,
    /// What told the site from the server's default site.
    pub told_by: ToldBy,
    /// The host name whose answer told it: the domain, or a name that its site has too.
    pub told_for: String,
    /// SHA-256 of the certificate's DER form, lower-case hexadecimal; `None` without TLS.
    pub certificate_sha256: Option<String>,
}

/// What tells a domain's own site from the server's default site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ToldBy {
    /// Unknown names get another certificate.
    Certificate,
    /// Unknown names get another status, or no answer.
    Status,
    /// Unknown names are redirected elsewhere.
    Redirect,
    /// Unknown names get another page.
    Page,
    /// Unknown names get an answer that names the domain: its site is the default site.
    DefaultSite,
}

impl ToldBy {
    /// Every value.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What a web server sent for `/` of one host name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status; `None` if there was no answer.
    pub status: Option<u16>,
    /// The target of a redirect.
    pub location: Option<String>,
    /// SHA-256 of the certificate; `None` without TLS.
    pub certificate_sha256: Option<String>,
    /// The headers that say which page it is (`ETag`, `Last-Modified`), and the page; `None` if it is too large.
    pub page: Option<String>,
}

/// A host name that nobody has, with what the server answered for it.
#[derive(Clone, Debug)]
pub struct Stranger {
    /// The name.
    pub name: String,
    /// The answer.
    pub answer: Answer,
}

/// What tells the answer for the domain, or for a name below it, from the answers for two unknown names; `None` if
/// nothing does, so that the server's default site may have answered.
pub fn told_by(domain: &DomainName, answer: &Answer, strangers: &[Stranger; 2]) -> Option<ToldBy> {
    let [before, after] = strangers;
    let names = [domain.as_str(), &before.name, &after.name];
    // Where the unknown names do not agree with each other, a difference from them proves nothing.
    let differs = |part: &dyn Fn(&Answer) -> Option<String>| {
        let [own, first, second] = [answer, &before.answer, &after.answer]
            .map(|it| part(it).map(|it| masked(&it, &names)));
        first == second && own != first
    };
    let page_differs = || {
        let all = [answer, &before.answer, &after.answer];
        all.iter().all(|it| it.page.is_some()) && differs(&|it| it.page.clone())
    };
    if differs(&|it| it.certificate_sha256.clone()) {
        Some(ToldBy::Certificate)
    } else if differs(&|it| it.status.map(|it| it.to_string())) {
        Some(ToldBy::Status)
    } else if differs(&|it| it.location.clone()) {
        Some(ToldBy::Redirect)
    } else if page_differs() {
        Some(ToldBy::Page)
    } else if strangers.iter().all(|it| names_whole(&it.answer, domain.as_str())) {
        Some(ToldBy::DefaultSite)
    } else {
        None
    }
}

/// The text in lower case, with each of `names` masked where it stands as a host name or at the end of one.
fn masked(text: &str, names: &[&str]) -> String {
    let mut masked = String::with_capacity(text.len());
    for (host, rest) in hosts(&lower(text)) {
        let stem = names.iter().find_map(|name| {
            let stem = host.strip_suffix(*name)?;
            (stem.is_empty() || stem.ends_with('.')).then_some(stem)
        });
        match stem {
            Some(stem) => {
                masked.push_str(stem);
                masked.push(MASK);
            }
            None => masked.push_str(host),
        }
        masked.push_str(rest);
    }
    masked
}

/// Whether an answer has exactly this host name in it.
fn names_whole(answer: &Answer, name: &str) -> bool {
    let parts = [&answer.location, &answer.page];
    parts.into_iter().flatten().any(|it| hosts(&lower(it)).any(|(host, _)| host == name))
}

/// In lower case, with the separators of an encoded URL as plain ones.
fn lower(text: &str) -> String {
    text.to_ascii_lowercase().replace("%3a", ":").replace("%2f", "/")
}

/// The pieces of a text that may be host names, each with what follows up to the next.
fn hosts(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_of_host = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    text.split_inclusive(move |c: char| !is_of_host(c)).map(move |piece| {
        let host = piece.trim_end_matches(move |c: char| !is_of_host(c)).trim_end_matches('.');
        piece.split_at(host.len())
    })
}

#[cfg(test)]
mod tests;
