//! One call of a remote program as the form that `remote.cgi` takes, checked against the allow-list.
//!
//! `remote.cgi` turns each parameter into arguments of a program that runs as root, and cuts values at
//! line feeds; an empty value swallows the next flag. So neither is ever sent.

use std::fmt;

use model::secret::Secret;

use super::program::{Kind, Program};

/// Octets in the longest text for people.
const MAX_TEXT: usize = 255;
/// Octets in the longest password.
const MAX_SECRET: usize = 255;

/// A call that passed all checks so far.
pub(crate) struct Request {
    program: Program,
    domain: Option<String>,
    parameters: Vec<(&'static str, String)>,
    secrets: Vec<Secret>,
}

/// Why a parameter is not sent. It never repeats the value, which may be a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{program} does not get `{flag}`: {problem}")]
pub(crate) struct Refusal {
    /// The program.
    pub(crate) program: &'static str,
    /// The parameter.
    pub(crate) flag: &'static str,
    /// What is wrong with it.
    pub(crate) problem: Problem,
}

/// What is wrong with a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    /// The allow-list does not have it for this program.
    #[error("it is not on the allow-list")]
    NotAllowed,
    /// It is there already.
    #[error("it is given twice")]
    Twice,
    /// A value where there may be none, or none where there must be one, or a secret in the open.
    #[error("it is given in the wrong form")]
    Form,
    /// An empty value would swallow the next flag.
    #[error("its value is empty")]
    Empty,
    /// A line feed would become another argument; the rest has no business there either.
    #[error("its value has a control character")]
    ControlCharacter,
    /// The value has not the form that this parameter takes.
    #[error("its value has not the form that it takes")]
    Value,
}

impl Request {
    /// A call of `program` without parameters.
    pub(crate) fn new(program: Program) -> Self {
        Self { program, domain: None, parameters: Vec::new(), secrets: Vec::new() }
    }

    /// A call of `program` for one virtual server.
    ///
    /// # Errors
    /// [`Refusal`] if the name is not a domain in lower-case ASCII.
    pub(crate) fn on(program: Program, domain: &str) -> Result<Self, Refusal> {
        let request = Self::new(program).value("domain", domain)?;
        Ok(Self { domain: Some(domain.to_owned()), ..request })
    }

    /// Adds a flag that takes no value.
    ///
    /// # Errors
    /// [`Refusal`] unless the program may get it.
    pub(crate) fn switch(self, flag: &'static str) -> Result<Self, Refusal> {
        match self.kind(flag)? {
            Kind::Switch => Ok(self.push(flag, String::new())),
            _ => Err(self.refuse(flag, Problem::Form)),
        }
    }

    /// Adds a value.
    ///
    /// # Errors
    /// [`Refusal`] unless the program may get it and the value has the right form.
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
    /// [`Refusal`] unless the program may get it; empty ones and control characters are refused too.
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

    /// The program.
    pub(crate) fn program(&self) -> Program {
        self.program
    }

    /// The virtual server it is about, for spans.
    pub(crate) fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// The passwords in it, so that answers can be freed of them.
    pub(crate) fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    /// The form, `application/x-www-form-urlencoded`. It holds the passwords.
    ///
    /// `multiline` goes in front of the other parameters: of it and `simple-multiline` the last decides.
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

/// What holds for every value.
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

/// Whether `value` has only lower-case letters, digits and `more`.
fn made_of(value: &str, more: &str) -> bool {
    value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || more.contains(c))
}

#[cfg(test)]
mod tests;
