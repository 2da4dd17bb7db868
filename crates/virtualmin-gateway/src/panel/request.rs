//! One call of a remote program as the form that `remote.cgi` accepts, checked against the allow-list.
//!
//! `remote.cgi` turns each parameter into arguments of a program that runs as root, and cuts values at line
//! feeds; an empty value swallows the next flag. So a request contains neither.

use std::fmt;

use model::secret::Secret;

use super::program::{Kind, Program};

/// Most octets of a text for people.
const MAX_TEXT: usize = 255;
/// Most octets of a password.
const MAX_SECRET: usize = 255;

/// The most bytes of a listing of all virtual servers: some 15,000 of them.
const LONGEST_LISTING: usize = 64 << 20;
/// The most bytes of any other answer.
const LONGEST_ANSWER: usize = 4 << 20;

/// A call whose parameters so far passed all checks.
pub(crate) struct Request {
    program: Program,
    domain: Option<String>,
    parameters: Vec<(&'static str, String)>,
    secrets: Vec<Secret>,
}

/// Why a parameter is refused. The message never repeats the value, which may be a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{program} does not get `{flag}`: {problem}")]
pub(crate) struct Refusal {
    pub(crate) program: &'static str,
    pub(crate) flag: &'static str,
    pub(crate) problem: Problem,
}

/// The problem with a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    /// The program's allow-list does not have it.
    #[error("it is not on the allow-list")]
    NotAllowed,
    #[error("it is given twice")]
    Twice,
    /// A value for a switch, no value for another flag, or a secret as a plain value.
    #[error("it is given in the wrong form")]
    Form,
    /// An empty value would swallow the next flag.
    #[error("its value is empty")]
    Empty,
    /// A line feed would become another argument; the other control characters are refused with it.
    #[error("its value has a control character")]
    ControlCharacter,
    #[error("its value has not the form that it takes")]
    Value,
}

impl Request {
    /// Starts a call of `program` without parameters.
    pub(crate) fn new(program: Program) -> Self {
        Self { program, domain: None, parameters: Vec::new(), secrets: Vec::new() }
    }

    /// Starts a call of `program` for one virtual server.
    ///
    /// # Errors
    /// [`Refusal`] if the name is not a domain name in lower-case ASCII.
    pub(crate) fn on(program: Program, domain: &str) -> Result<Self, Refusal> {
        let request = Self::new(program).value("domain", domain)?;
        Ok(Self { domain: Some(domain.to_owned()), ..request })
    }

    /// Adds a flag without a value.
    ///
    /// # Errors
    /// [`Refusal`] if the program does not allow the flag.
    pub(crate) fn switch(self, flag: &'static str) -> Result<Self, Refusal> {
        match self.kind(flag)? {
            Kind::Switch => Ok(self.push(flag, String::new())),
            _ => Err(self.refuse(flag, Problem::Form)),
        }
    }

    /// Adds a flag with a value.
    ///
    /// # Errors
    /// [`Refusal`] if the program does not allow the flag or the value does not have its form.
    pub(crate) fn value(self, flag: &'static str, value: &str) -> Result<Self, Refusal> {
        let kind = self.kind(flag)?;
        match check(kind, value) {
            Ok(()) => Ok(self.push(flag, value.to_owned())),
            Err(problem) => Err(self.refuse(flag, problem)),
        }
    }

    /// Adds a password.
    ///
    /// # Errors
    /// [`Refusal`] if the program does not allow the flag, or the password is empty or has control
    /// characters.
    pub(crate) fn secret(mut self, flag: &'static str, value: &Secret) -> Result<Self, Refusal> {
        if self.kind(flag)? != Kind::Secret {
            return Err(self.refuse(flag, Problem::Form));
        }
        if let Err(problem) = check_plain(value.expose(), MAX_SECRET) {
            return Err(self.refuse(flag, problem));
        }
        self.secrets.push(value.clone());
        Ok(self.push(flag, value.expose().to_owned()))
    }

    pub(crate) fn program(&self) -> Program {
        self.program
    }

    /// The virtual server of the call, for spans.
    pub(crate) fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// The most bytes of its answer.
    pub(crate) fn longest_answer(&self) -> usize {
        match (self.program, &self.domain) {
            (Program::ListDomains, None) => LONGEST_LISTING,
            _ => LONGEST_ANSWER,
        }
    }

    /// The passwords of the call, which are removed from its answer.
    pub(crate) fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    /// The form as `application/x-www-form-urlencoded`, passwords included.
    ///
    /// `multiline` comes before the other parameters: the last of `multiline` and `simple-multiline` counts.
    pub(crate) fn form(&self) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("program", self.program.name()).append_pair("json", "1");
        if self.program.lists() {
            form.append_pair("multiline", "");
        }
        form.extend_pairs(&self.parameters).finish()
    }

    fn kind(&self, flag: &'static str) -> Result<Kind, Refusal> {
        if self.parameters.iter().any(|(name, _)| *name == flag) {
            return Err(self.refuse(flag, Problem::Twice));
        }
        self.program.parameter(flag).ok_or_else(|| self.refuse(flag, Problem::NotAllowed))
    }

    fn refuse(&self, flag: &'static str, problem: Problem) -> Refusal {
        Refusal { program: self.program.name(), flag, problem }
    }

    fn push(mut self, flag: &'static str, value: String) -> Self {
        self.parameters.push((flag, value));
        self
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags: Vec<_> = self.parameters.iter().map(|(flag, _)| *flag).collect();
        f.debug_struct("Request")
            .field("program", &self.program.name())
            .field("domain", &self.domain)
            .field("flags", &flags)
            .finish()
    }
}

fn check(kind: Kind, value: &str) -> Result<(), Problem> {
    check_plain(value, MAX_TEXT)?;
    let fits = match kind {
        Kind::Switch | Kind::Secret => return Err(Problem::Form),
        Kind::Domain => is_domain(value),
        Kind::User => value.starts_with(|c: char| c.is_ascii_lowercase()) && made_of(value, "_-"),
        Kind::Count => is_count(value),
        Kind::CountOr(word) => value == word || is_count(value),
        Kind::Text => !value.starts_with("--"),
        Kind::Description => !value.contains(':') && !value.starts_with("--"),
        Kind::Word => made_of(value, ""),
    };
    if fits { Ok(()) } else { Err(Problem::Value) }
}

/// The checks of every value.
fn check_plain(value: &str, longest: usize) -> Result<(), Problem> {
    if value.is_empty() {
        return Err(Problem::Empty);
    }
    if value.chars().any(char::is_control) {
        return Err(Problem::ControlCharacter);
    }
    if value.len() > longest { Err(Problem::Value) } else { Ok(()) }
}

fn is_domain(value: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len()) && !label.starts_with('-') && made_of(label, "-")
    };
    value.len() <= 253 && value.split('.').all(label)
}

fn is_count(value: &str) -> bool {
    !value.starts_with('0') && value.parse::<u64>().is_ok() && !value.starts_with('+')
}

/// Whether `value` consists of lower-case letters, digits and the characters of `more`.
fn made_of(value: &str, more: &str) -> bool {
    value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || more.contains(c))
}

#[cfg(test)]
mod tests;
