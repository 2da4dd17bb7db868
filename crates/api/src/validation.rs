//! The rules for values from callers. Each rule exists once, and one fault lists every wrong field.

use std::{collections::BTreeSet, fmt::Display, ops::RangeInclusive};

use model::{
    dns::derived,
    domain::{DomainName, DomainNameError},
    fault::{Fault, Violation},
    password::LENGTH,
    plan::Feature,
    public_suffix::PublicSuffixes,
    secret::Secret,
};
use store::page::Page;
use uuid::Uuid;

use crate::forms::{
    API_KEY, CREDENTIAL, EXTERNAL_ID, MAX_TAGS, NAME, PAGE_SIZES, QUEUE, REASON, REQUEST_ID, Text,
    USER_NAME,
};

mod network;
mod shell;

pub(crate) use network::{
    addresses, certificate_sha256, dns_api_url, glue, name_servers, ns_names, secondaries,
    server_url,
};

pub(crate) use shell::{host_keys, private_key, ssh_host, ssh_port, ssh_user};

/// Collects the wrong fields of a request.
#[derive(Default)]
pub(crate) struct Form(Vec<Violation>);

impl Form {
    /// Returns the value, or notes the problem of `field`.
    pub(crate) fn read<T>(&mut self, field: &str, value: Result<T, impl Display>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(problem) => {
                self.add(field, problem);
                None
            }
        }
    }

    /// Notes the problem of `field`; the text also says what to send instead.
    pub(crate) fn add(&mut self, field: &str, problem: impl Display) {
        self.0.push(Violation { field: field.to_owned(), message: problem.to_string() });
    }

    /// Whether no problem was noted.
    pub(crate) fn is_good(&self) -> bool {
        self.0.is_empty()
    }

    /// One fault with all noted problems.
    pub(crate) fn fault(self) -> Fault {
        Fault::all_invalid(self.0)
            .unwrap_or_else(|| Fault::internal("a value is missing though nothing was found wrong"))
    }
}

/// Parses the id of a request that has no other field.
pub(crate) fn id<K>(text: &str) -> Result<model::ids::Id<K>, Fault> {
    text.parse().map_err(|problem| Fault::invalid("id", problem))
}

/// Parses the size and the token of a page.
pub(crate) fn page(size: u32, token: &str) -> Result<Page, Fault> {
    let (most, usual) = PAGE_SIZES;
    let mut form = Form::default();
    if size > most {
        form.add("page_size", format!("is {size}; give 1 to {most}, or 0 for {usual}"));
    }
    let after = if token.is_empty() {
        Some(None)
    } else {
        let problem = "is not from an earlier answer; give next_page_token as it was";
        form.read("page_token", token.parse::<Uuid>().map(Some).map_err(|_| problem))
    };
    match after {
        Some(after) if size <= most => {
            Ok(Page { size: if size == 0 { usual } else { size }, after })
        }
        _ => Err(form.fault()),
    }
}

/// The token of the page after `rows`; empty if `rows` is the last page.
pub(crate) fn next_page_token<T>(page: Page, rows: &[T], id: impl Fn(&T) -> Uuid) -> String {
    let full = u32::try_from(rows.len()).is_ok_and(|count| count == page.size);
    rows.last().filter(|_| full).map(|row| id(row).to_string()).unwrap_or_default()
}

/// A name: 1 to 63 characters of a-z, 0-9 and hyphen, without a hyphen at either end.
pub(crate) fn name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let good = (NAME.least..=NAME.most).contains(&text.len())
        && text.chars().all(plain)
        && !text.starts_with('-')
        && !text.ends_with('-');
    if good {
        return Ok(text.to_owned());
    }
    let Text { least, most, .. } = NAME;
    Err(format!(
        "give {least} to {most} characters of a-z, 0-9 and hyphen, no hyphen at either end"
    ))
}

/// The name of a user in `RabbitMQ`.
pub(crate) fn user_name(text: &str) -> Result<String, String> {
    let Text { least, most, .. } = USER_NAME;
    if (least..=most).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    Err(format!("give {least} to {most} visible characters of ASCII"))
}

/// A set of tags; each follows the rule of names.
pub(crate) fn tags(texts: &[String]) -> Result<BTreeSet<String>, String> {
    if texts.len() > MAX_TAGS {
        return Err(format!("has {} tags; give at most {MAX_TAGS}", texts.len()));
    }
    let read = |(index, text): (usize, &String)| {
        name(text).map_err(|problem| format!("tag {}: {problem}", index + 1))
    };
    texts.iter().enumerate().map(read).collect()
}

pub(crate) fn features(texts: &[String]) -> Result<BTreeSet<Feature>, String> {
    let names = Feature::ALL.map(Feature::as_str).join(", ");
    let read = |text: &String| Feature::ALL.into_iter().find(|it| it.as_str() == text);
    let features: Option<BTreeSet<_>> = texts.iter().map(read).collect();
    let features = features.ok_or(format!("holds one that is unknown; choose from {names}"))?;
    if features.contains(&Feature::Ssl) && !features.contains(&Feature::Web) {
        return Err("has ssl without web; add web, which it secures".to_owned());
    }
    Ok(features)
}

/// Finds an optional word in a list of allowed ones.
pub(crate) fn choice<T: Copy>(
    text: &str,
    all: &[T],
    word: impl Fn(T) -> &'static str,
) -> Result<Option<T>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let found = all.iter().copied().find(|it| word(*it) == text);
    let words = || all.iter().map(|it| word(*it)).collect::<Vec<_>>().join(", ");
    found.map(Some).ok_or_else(|| format!("is unknown; choose from {}", words()))
}

/// Optional text of one line.
fn line(text: &str, Text { most, .. }: Text) -> Result<Option<String>, String> {
    let length = text.chars().count();
    if length > most {
        return Err(format!("has {length} characters; give at most {most}"));
    }
    if text.chars().any(char::is_control) {
        return Err("holds control characters; give one line of plain text".to_owned());
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// A domain that a service may have, and whose zone can be written.
pub(crate) fn domain(suffixes: &PublicSuffixes, text: &str) -> Result<DomainName, String> {
    let domain: DomainName = text.parse().map_err(|error: DomainNameError| error.to_string())?;
    suffixes.check(&domain).map_err(|error| error.to_string())?;
    derived::check(&domain).map_err(|error| error.to_string())?;
    Ok(domain)
}

/// Billing's own number for a service; optional.
pub(crate) fn external_id(text: &str) -> Result<Option<String>, String> {
    line(text, EXTERNAL_ID)
}

/// The reason for a suspension or a status; may be empty.
pub(crate) fn reason(text: &str) -> Result<String, String> {
    Ok(line(text, REASON)?.map(|it| it.trim().to_owned()).unwrap_or_default())
}

/// The reason for a decision of the platform's owner.
pub(crate) fn decision(text: &str) -> Result<String, String> {
    let reason = reason(text)?;
    if reason.is_empty() {
        return Err("is missing; say why, for the audit log".to_owned());
    }
    Ok(reason)
}

/// A queue in a filter; optional.
pub(crate) fn queue(text: &str) -> Result<Option<String>, String> {
    line(text, QUEUE)
}

/// A user name or a password. The error never repeats the value.
pub(crate) fn credential(text: &str) -> Result<&str, String> {
    match line(text, CREDENTIAL)? {
        Some(_) => Ok(text),
        None => Err("is empty; give what the server's panel accepts".to_owned()),
    }
}

/// A password that a caller chooses for an account; `None` for an empty one. The error never repeats it.
///
/// A panel prints it in a line of its listing, from which blanks at the ends vanish, and people type it into programs
/// that do not agree about other letters than those of ASCII.
pub(crate) fn new_password(password: Secret) -> Result<Option<Secret>, Fault> {
    let text = password.expose();
    let (least, most) = LENGTH.into_inner();
    let problem = if text.is_empty() {
        return Ok(None);
    } else if !LENGTH.contains(&text.len()) {
        format!("has {} octets; give {least} to {most}", text.len())
    } else if !text.bytes().all(|it| it.is_ascii_graphic() || it == b' ') {
        "has control characters or letters outside ASCII; give letters, digits, signs and blanks of ASCII".to_owned()
    } else if text.trim() != text {
        "begins or ends with a blank, which the panel would drop; take it away".to_owned()
    } else {
        return Ok(Some(password));
    };
    Err(Fault::invalid("password", problem))
}

/// An optional idempotency key.
pub(crate) fn request_id(text: &str) -> Result<Option<&str>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    let problem = |problem| Fault::invalid("request_id", format!("{problem}, such as a UUID"));
    visible(text, REQUEST_ID).map(Some).map_err(problem)
}

/// A key for an HTTP header. The error never repeats the key.
pub(crate) fn api_key(text: &str) -> Result<&str, String> {
    visible(text, API_KEY)
}

/// Visible ASCII characters. The error never repeats them.
fn visible(text: &str, Text { least, most, .. }: Text) -> Result<&str, String> {
    let good = (least..=most).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_graphic());
    if good { Ok(text) } else { Err(format!("give {least} to {most} visible ASCII characters")) }
}

/// A number within a range.
pub(crate) fn number(value: u64, range: &RangeInclusive<u64>) -> Result<u64, String> {
    if range.contains(&value) {
        return Ok(value);
    }
    Err(format!("is {value}; give {} to {}", range.start(), range.end()))
}

#[cfg(test)]
mod tests;
