//! A call as a person asks for it, by the names of the program and of its parameters.

use model::fault::{Fault, FaultKind};

use crate::{program::Answer, programs, request::Request};

/// Checks a call. The order of a job keeps what passes, so nothing passes that takes or answers a secret.
///
/// # Errors
///
/// `Invalid` with the field for what is not on the list; `Refused` for a secret. No error repeats a value.
pub fn request<'a>(
    program: &str,
    arguments: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
) -> Result<Request, Fault> {
    let program = programs::named(program).ok_or_else(|| {
        Fault::invalid(
            "program",
            "is not one that may be called; `praho programs list` shows those",
        )
    })?;
    if program.answer == Answer::Secret {
        let message = format!("the answer of {} is a secret, which nothing may keep", program.name);
        return Err(Fault::new(FaultKind::Refused, message));
    }
    let mut request = Request::new(program);
    for (at, (flag, value)) in arguments.into_iter().enumerate() {
        if program.parameter(flag).is_some_and(|it| it.kind.is_secret()) {
            let message = format!("{flag} takes a secret, which nothing may keep");
            return Err(Fault::new(FaultKind::Refused, message));
        }
        request = request
            .given(flag, value)
            .map_err(|refusal| Fault::invalid(format!("arguments[{at}]"), refusal))?;
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_on_the_list_is_named() {
        let field = |program, arguments: &[(&'static str, Option<&'static str>)]| {
            let fault = request(program, arguments.iter().copied()).unwrap_err();
            fault.violations[0].field.clone()
        };
        assert_eq!(field("install-script", &[]), "program");
        let good = ("domain", Some("a.example"));
        for bad in [
            ("post-command", Some("id")),
            ("why", Some("a\n--quota\n1")),
            ("why", Some("")),
            ("why", None),
        ] {
            assert_eq!(field("disable-domain", &[good, bad]), "arguments[1]");
        }
        assert!(request("disable-domain", [good]).is_ok());
    }

    #[test]
    fn neither_a_secret_parameter_nor_a_secret_answer_passes() {
        let fault = request("modify-domain", [("pass", Some("canary"))]).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Refused);
        assert!(!format!("{fault:?}").contains("canary"));
        assert_eq!(request("create-login-link", []).unwrap_err().kind, FaultKind::Refused);
    }
}
