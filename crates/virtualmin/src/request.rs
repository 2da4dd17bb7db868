//! One call of a remote program as the form that `remote.cgi` accepts, checked against the allow-list.
//!
//! `remote.cgi` turns each parameter into arguments of a program that runs as root, and cuts values at line
//! feeds; an empty value swallows the next flag. So a request contains neither.

use std::fmt;

use model::secret::Secret;

use crate::{
    parameter::{Kind, Parameter, Problem},
    program::{Answer, Program},
    secret_parts,
};

/// A call whose parameters so far passed all checks.
#[derive(Clone)]
pub struct Request {
    program: &'static Program,
    domain: Option<String>,
    parameters: Vec<(&'static str, String)>,
    secrets: Vec<Secret>,
}

/// Why a parameter is refused. The message never repeats the value, which may be a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{program} does not get `{flag}`: {problem}")]
pub struct Refusal {
    /// The program.
    pub program: &'static str,
    /// The parameter.
    pub flag: String,
    /// What is wrong with it.
    pub problem: Problem,
}

impl Refusal {
    /// The same, of the field of our contract that the value comes from.
    #[must_use]
    pub fn of(self, field: &str) -> Self {
        Self { flag: field.to_owned(), ..self }
    }
}

impl Request {
    /// Starts a call of `program` without parameters.
    pub fn new(program: &'static Program) -> Self {
        Self { program, domain: None, parameters: Vec::new(), secrets: Vec::new() }
    }

    /// Starts a call of `program` for one virtual server.
    ///
    /// # Errors
    /// [`Refusal`] if the name is not a domain name in lower-case ASCII.
    pub fn on(program: &'static Program, domain: &str) -> Result<Self, Refusal> {
        let request = Self::new(program).value("domain", domain)?;
        Ok(Self { domain: Some(domain.to_owned()), ..request })
    }

    /// Adds a flag without a value.
    ///
    /// # Errors
    /// [`Refusal`] if the program does not allow the flag.
    pub fn switch(mut self, flag: &str) -> Result<Self, Refusal> {
        let parameter = self.allowed(flag)?;
        if parameter.kind != Kind::Switch {
            return Err(self.refuse(flag, Problem::Form));
        }
        self.parameters.push((parameter.flag, String::new()));
        Ok(self)
    }

    /// Adds a flag with a value.
    ///
    /// # Errors
    /// [`Refusal`] if the program does not allow the flag or the value does not have its form.
    pub fn value(mut self, flag: &str, value: &str) -> Result<Self, Refusal> {
        let parameter = self.allowed(flag)?;
        if parameter.kind.is_secret() {
            return Err(self.refuse(flag, Problem::Form));
        }
        let value = parameter.kind.encode(value).map_err(|problem| self.refuse(flag, problem))?;
        self.parameters.push((parameter.flag, value));
        Ok(self)
    }

    /// Adds each of these values with the flag.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn values<'a>(
        self,
        flag: &str,
        values: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, Refusal> {
        values.into_iter().try_fold(self, |request, value| request.value(flag, value))
    }

    /// Adds a password, or another value that is a secret.
    ///
    /// # Errors
    /// [`Refusal`] if the program does not allow the flag, or the value does not have its form.
    pub fn secret(mut self, flag: &str, value: &Secret) -> Result<Self, Refusal> {
        let parameter = self.allowed(flag)?;
        if !parameter.kind.is_secret() {
            return Err(self.refuse(flag, Problem::Form));
        }
        let encoded = parameter.kind.encode(value.expose());
        let encoded = encoded.map_err(|problem| self.refuse(flag, problem))?;
        let parts = secret_parts::parts(parameter.kind, &encoded);
        self.secrets.extend(parts.into_iter().map(|it| Secret::from(it.to_owned())));
        self.secrets.push(value.clone());
        self.parameters.push((parameter.flag, encoded));
        Ok(self)
    }

    /// Adds a parameter as a person gives it: a flag alone, or with its value. What holds a secret is refused, because what
    /// a person gives is kept.
    ///
    /// # Errors
    /// As [`switch`](Self::switch) and [`value`](Self::value).
    pub fn given(self, flag: &str, value: Option<&str>) -> Result<Self, Refusal> {
        let request = match value {
            None => self.switch(flag)?,
            Some(value) => self.value(flag, value)?,
        };
        match (flag, value) {
            ("domain", Some(domain)) => Ok(Self { domain: Some(domain.to_owned()), ..request }),
            _ => Ok(request),
        }
    }

    /// The program.
    pub fn program(&self) -> &'static Program {
        self.program
    }

    /// The virtual server of the call, for spans.
    pub fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// Whether this parameter was added.
    pub fn has(&self, flag: &str) -> bool {
        self.parameters.iter().any(|(it, _)| *it == flag)
    }

    /// The passwords of the call, which are removed from its answer.
    pub fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    /// The form as `application/x-www-form-urlencoded`, passwords included.
    ///
    /// `multiline` comes before the other parameters: the last of `multiline` and `simple-multiline` counts.
    pub fn form(&self) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("program", self.program.name).append_pair("json", "1");
        // With `multiline`, a listing of names is one of everything.
        let names = self.has("name-only") || self.has("id-only");
        if self.program.answer == Answer::Objects && !names {
            form.append_pair("multiline", "");
        }
        form.extend_pairs(&self.parameters).finish()
    }

    /// The parameters in order, each with the value that it was encoded to; an empty one for a switch.
    pub(crate) fn parameters(&self) -> &[(&'static str, String)] {
        &self.parameters
    }

    /// The parameter, if it may be added.
    fn allowed(&self, flag: &str) -> Result<&'static Parameter, Refusal> {
        let parameter =
            self.program.parameter(flag).ok_or_else(|| self.refuse(flag, Problem::NotAllowed))?;
        if !parameter.repeats && self.has(flag) {
            return Err(self.refuse(flag, Problem::Twice));
        }
        Ok(parameter)
    }

    fn refuse(&self, flag: &str, problem: Problem) -> Refusal {
        Refusal { program: self.program.name, flag: flag.to_owned(), problem }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags: Vec<_> = self.parameters.iter().map(|(flag, _)| *flag).collect();
        f.debug_struct("Request")
            .field("program", &self.program.name)
            .field("domain", &self.domain)
            .field("flags", &flags)
            .finish()
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
