//! Classifies the error texts of programs, and removes what a person may not see.
//!
//! `error` is only the first line, which is a banner such as `Beginning server creation ..` once work has
//! begun. What words mean stands with the programs. A program that prints its usage after a line has refused its arguments
//! and begun nothing, whatever the line says. Other words are unknown, and so is what was done.

use model::{
    fault::{Effect, Fault, FaultKind, FaultReason},
    secret::Secret,
};

use super::{program::Program, reason::Reason};

/// Most characters of an error text that are kept.
const MAX_REASON: usize = 300;

/// The beginning of the last line of `check-config` (8.1.0, `check-config.pl`), after what it found in order.
const COMPLAINT: &str = "ERROR: ";

/// The system's text for `ENOSPC` (glibc, `strerror`), with which Perl reports that a write failed.
const NO_SPACE: &str = "No space left on device";

/// Why a program failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    /// The most telling line, without passwords and control characters.
    pub(crate) text: String,
}

impl Failure {
    /// Reads the failure of a program that ran, without the `secrets` in its text.
    pub(crate) fn read(
        program: &Program,
        error: &str,
        full_error: &str,
        secrets: &[&Secret],
    ) -> Self {
        let lines = || full_error.lines().chain(error.lines()).map(str::trim);
        let first = lines().find(|line| !line.is_empty() && !is_noise(line)).unwrap_or_default();
        let (reason, line) = if let Some(line) = lines().find(|line| line.contains(NO_SPACE)) {
            (Reason::NoSpace, line)
        } else if is_warning(first) {
            let warning = lines().find(|line| !line.is_empty() && *line != first).unwrap_or(first);
            let taken = known(program, warning) == Some(Reason::UserTaken);
            (if taken { Reason::UserTaken } else { Reason::Warned }, warning)
        } else if is_banner(first) {
            // What the last step says may tell that nothing was changed.
            let line = detail(full_error).unwrap_or(first);
            (known(program, line).unwrap_or(Reason::Halted), line)
        } else if let Some(reason) = known(program, first) {
            (reason, first)
        } else if prints_usage(program, full_error) {
            (Reason::Refused, first)
        } else {
            (Reason::Unknown, first)
        };
        Self { reason, text: scrub(line, secrets) }
    }

    /// Reads the failure of `check-config`, whose reason stands at the end.
    pub(crate) fn read_check(
        program: &Program,
        error: &str,
        full_error: &str,
        secrets: &[&Secret],
    ) -> Self {
        match complaint(full_error) {
            Some(words) => Self { reason: Reason::Misconfigured, text: scrub(&words, secrets) },
            None => Self::read(program, error, full_error, secrets),
        }
    }

    /// Reads the failure of a program that could not be started. Virtualmin has two texts for it (`remote.cgi` of 8.1.0). Another
    /// text is another program's, for the form of the answer is a common one, and goes to the log alone.
    pub(crate) fn rejected(error: &str, secrets: &[&Secret]) -> Self {
        let absent = error.starts_with("Remote program") && error.ends_with("does not exist");
        let text = scrub(error, secrets);
        if absent {
            return Self { reason: Reason::NoProgram, text };
        }
        if error == "Invalid remote program name" {
            return Self { reason: Reason::Refused, text };
        }
        tracing::warn!(
            answer = text,
            "the panel refused a call in words that are not Virtualmin's"
        );
        let text = "in words that are not Virtualmin's; operators find them in the log".to_owned();
        Self { reason: Reason::Refused, text }
    }
}

impl From<Failure> for Fault {
    fn from(Failure { reason, text }: Failure) -> Self {
        match reason {
            Reason::DoesNotExist | Reason::Absent => Self::new(FaultKind::NotFound, text),
            Reason::AlreadyHosted | Reason::Exists => Self::new(FaultKind::Conflict, text),
            Reason::NotOffered => Self::new(
                FaultKind::Refused,
                format!("{text}: switch the feature on for this virtual server first"),
            ),
            Reason::Unresolved => Self::new(
                FaultKind::Refused,
                "none of the host names resolves: let the domain's DNS name this host first",
            ),
            Reason::NotIssued => Self::new(
                FaultKind::Refused,
                format!("the certificate authority did not issue the certificate: {text}"),
            ),
            Reason::Warned => Self::new(
                FaultKind::Conflict,
                format!(
                    "the panel warns: {text}; nothing was made, for it would take over what is not ours"
                ),
            ),
            Reason::UserTaken => {
                Self::new(FaultKind::Conflict, text).with_reason(FaultReason::UsernameTaken)
            }
            Reason::AlreadyDisabled | Reason::NotDisabled | Reason::Refused => {
                Self::new(FaultKind::Refused, format!("the panel refused: {text}"))
            }
            Reason::Misconfigured => Self::new(
                FaultKind::Refused,
                format!("the panel finds its host misconfigured: {text}"),
            ),
            Reason::NoProgram => Self::new(
                FaultKind::Refused,
                format!("{text}: is the Virtualmin module installed, and version 8.1 or later?"),
            ),
            Reason::NoSpace => {
                Self::new(FaultKind::OutOfService, format!("the server has no space left: {text}"))
                    .with_effect(Effect::Unknown)
            }
            Reason::Unknown => Self::new(
                FaultKind::Protocol,
                format!("the panel failed in words that we do not know: {text}"),
            )
            .with_effect(Effect::Unknown),
            Reason::Halted => {
                Self::new(FaultKind::Unavailable, format!("the panel stopped half way: {text}"))
                    .with_effect(Effect::Unknown)
            }
        }
    }
}

/// Finds the first step in an output that failed or was skipped; the program may have ended well all the
/// same.
pub(crate) fn failed_steps(output: &str, secrets: &[&Secret]) -> Option<String> {
    let failed = |line: &&str| line.starts_with(".. ") && line.contains("failed");
    let skipped = |line: &&str| line.starts_with(".. skip");
    // `modify-dns` prints it without the dots (`spf_epostchange` in `lang/en` of 8.1.0).
    let unsaved = |line: &&str| line.starts_with("Failed to save DNS records");
    let bad = |line: &&str| failed(line) || skipped(line) || unsaved(line);
    let line = output.lines().map(str::trim).find(bad)?;
    Some(scrub(line, secrets))
}

/// Removes passwords and control characters from a panel's text, and shortens it.
pub(crate) fn scrub(text: &str, secrets: &[&Secret]) -> String {
    mask(text, secrets).chars().filter(|c| !c.is_control()).take(MAX_REASON).collect()
}

/// Removes passwords from a panel's text.
pub(crate) fn mask(text: &str, secrets: &[&Secret]) -> String {
    const UNKNOWN: &str = "Unknown parameter ";
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|it| !it.is_empty()) {
        text = text.replace(secret.expose(), "***");
    }
    // An argument in the wrong place may be the rest of a password that was cut.
    if let Some(at) = text.find(UNKNOWN).map(|at| at + UNKNOWN.len())
        && !text[at..].starts_with("--")
    {
        let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
        text.replace_range(at..end, "***");
    }
    text
}

/// What every program says of a virtual server that is not there. `modify-domain` and `rename-domain` end the line with
/// a dot, and the newer programs have words of their own.
const EVERYWHERE: [(&str, Reason); 4] = [
    ("Virtual server * does not exist", Reason::DoesNotExist),
    ("Virtual server * does not exist.", Reason::DoesNotExist),
    ("No virtual server named * found", Reason::DoesNotExist),
    ("No domain named * exists", Reason::DoesNotExist),
];

/// What the line means, if it is known.
fn known(program: &Program, line: &str) -> Option<Reason> {
    let mut known = program.failures.iter().chain(&EVERYWHERE);
    known.find(|(pattern, _)| matches(pattern, line)).map(|(_, reason)| *reason)
}

/// Whether a line is what the pattern says. A star in the middle stands for some text without a blank, since it is a name;
/// one at the end for any.
fn matches(pattern: &str, line: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == line };
    let Some(line) = line.strip_prefix(start) else { return false };
    if rest.is_empty() {
        return true;
    }
    let name = line.find(' ').unwrap_or(line.len());
    // The next words may begin without a blank, as a final dot does.
    (1..=name).rev().any(|end| line.is_char_boundary(end) && matches(rest, &line[end..]))
}

/// Whether the program refused its arguments: it prints the line with how it is called, before it begins anything
/// (`sub usage` of each program of 8.1.0).
fn prints_usage(program: &Program, full_error: &str) -> bool {
    let called = |line: &str| {
        line.trim_start()
            .strip_prefix("virtualmin ")
            .and_then(|it| it.strip_prefix(program.name))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    full_error.lines().any(called)
}

/// The words of a complaint on one line. The web server's own message in it has several.
fn complaint(full_error: &str) -> Option<String> {
    let (before, words) = full_error.split_once(COMPLAINT)?;
    let begins_a_line = before.is_empty() || before.ends_with('\n');
    begins_a_line.then(|| words.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Whether a line is noise of the error stream, which may come before the first real line.
fn is_noise(line: &str) -> bool {
    line.starts_with('[') || line.ends_with("was modified since last read!")
}

/// Whether a line announces warnings, with which `create-domain` ends before it begins (exit code 5).
fn is_warning(line: &str) -> bool {
    line.ends_with("problems were detected :")
}

/// Whether a line only announces work, or only reports that the program died.
fn is_banner(line: &str) -> bool {
    line.ends_with("..") || line == "Error"
}

/// The line with the reason why work stopped: the last step that did not end well, else the last line.
fn detail(full_error: &str) -> Option<&str> {
    let lines = || full_error.lines().map(str::trim).filter(|line| !line.is_empty());
    let bad_step = |line: &&str| line.starts_with(".. ") && *line != ".. done";
    lines().rfind(bad_step).or_else(|| lines().next_back())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::panel::programs::{self, domains::CREATE, hosts::CHECK_CONFIG};

    fn read(full_error: &str) -> Failure {
        read_of(&CREATE, full_error)
    }

    fn read_of(program: &Program, full_error: &str) -> Failure {
        let error = full_error.lines().find(|it| !it.trim().is_empty()).unwrap_or_default();
        Failure::read(program, error, full_error, &[])
    }

    /// A line as a program prints it before it begins.
    fn usage(program: &Program, line: &str) -> String {
        format!("{line}\n\nDoes something.\n\nvirtualmin {} --domain domain.name\n", program.name)
    }

    #[test]
    fn known_words_have_their_meaning() {
        use programs::{aliases, databases, dns, domains, mailboxes, plans};
        for (program, line, reason) in [
            (&domains::LIST, "Virtual server nosuch.test does not exist", Reason::DoesNotExist),
            (&domains::MODIFY, "Virtual server nosuch.test does not exist.", Reason::DoesNotExist),
            (
                &domains::DISABLE,
                "Virtual server beta.test is already disabled",
                Reason::AlreadyDisabled,
            ),
            (&domains::ENABLE, "Virtual server beta.test is not disabled", Reason::NotDisabled),
            (&CREATE, "You are already hosting this domain", Reason::AlreadyHosted),
            (&CREATE, "Parent domain does not exist", Reason::Absent),
            (
                &mailboxes::DELETE,
                "No user named zzz was found in the server beta.test",
                Reason::Absent,
            ),
            (
                &aliases::CREATE,
                "An alias for the same email address already exists",
                Reason::Exists,
            ),
            (
                &aliases::DELETE,
                "No alias for the email address nosuch@beta.test exists",
                Reason::Absent,
            ),
            (
                &databases::DELETE,
                "The specified database is not associated with this server",
                Reason::Absent,
            ),
            (&dns::GET, "Virtual server alpha.test does not have DNS enabled", Reason::NotOffered),
            (&plans::DELETE, "No plan with name NoPlan was found", Reason::Absent),
            (&plans::CREATE, "A plan name Starter already exists", Reason::Exists),
            // What another program means by its words is nothing to this one.
            (&domains::LIST, "You are already hosting this domain", Reason::Refused),
            (&CREATE, "Missing or invalid administrator username", Reason::Refused),
            (&CREATE, "Missing or invalid total quota", Reason::Refused),
            (&CREATE, "Unknown plan name", Reason::Refused),
        ] {
            let failure = read_of(program, &usage(program, line));
            assert_eq!((failure.reason, failure.text.as_str()), (reason, line));
        }
    }

    #[test]
    fn another_user_name_helps_against_these_words_alone() {
        for line in [
            "The specified administration user already exists",
            "A unix group named x already exists - try selecting a different administration username",
            "A unix user named x already exists - try selecting a different administration username",
            "A unix user called x or group called x already exists - try selecting a different administration username",
            "An administration group named x already exists",
            "A webmin user called x already exists - try selecting a different administration username",
            "A MySQL login named x is already owned by virtual server other.test",
        ] {
            assert_eq!(read(&usage(&CREATE, line)).reason, Reason::UserTaken, "{line}");
        }
        for line in [
            "A unix user with UID 1001 already exists",
            "A MySQL database named x is already owned by virtual server b.test",
        ] {
            assert_eq!(read(&usage(&CREATE, line)).reason, Reason::Refused, "{line}");
        }
    }

    #[test]
    fn words_that_nobody_knows_are_no_refusal_unless_the_usage_follows() {
        let fault = Fault::from(read("Something odd happened\n"));
        assert_eq!((fault.kind, fault.effect), (FaultKind::Protocol, Effect::Unknown));
        assert!(fault.message.contains("Something odd happened"), "{fault}");
        let fault = Fault::from(read(&usage(&CREATE, "Something odd is asked for")));
        assert_eq!((fault.kind, fault.effect), (FaultKind::Refused, Effect::NotApplied));
    }

    #[test]
    fn a_complaint_is_all_that_follows_its_word() {
        let failure = Failure::read_check(
            &CHECK_CONFIG,
            "Checking Apache ..",
            "Checking Apache ..\n.. done\n\nERROR: Apache configuration errors were found : Syntax error on line 1\n  of \
             bad.conf: Invalid command 'Nonsense'\n",
            &[],
        );
        assert_eq!(failure.reason, Reason::Misconfigured);
        let text = "Apache configuration errors were found : Syntax error on line 1 of bad.conf: Invalid command 'Nonsense'";
        assert_eq!(failure.text, text);
    }

    #[test]
    fn behind_a_banner_stands_the_step_that_stopped_the_work() {
        let failure = read(
            "Beginning server creation ..\n\nSaving server details ..\n.. done\n\nCreating administration \
             group -bad ..\n.. administration group was created but does not exist!\n\nCritical feature \
             Administration user was not properly created - Virtual server creation halted.\n",
        );
        assert_eq!(failure.reason, Reason::Halted);
        assert_eq!(failure.text, ".. administration group was created but does not exist!");

        let failure = read(
            "Updating server alpha.test ..\n.. dependency checks failed : Log file rotation cannot be \
             enabled unless a website is\n\n",
        );
        assert_eq!(failure.reason, Reason::Halted);
        assert!(failure.text.contains("Log file rotation"), "{}", failure.text);
    }

    #[test]
    fn a_warning_has_begun_nothing_and_another_user_helps_against_a_login_of_mysql() {
        let warned = |warning: &str| {
            read(&format!(
                "The following possible problems were detected :\n\n  {warning}\n\nThe virtual server will not be created \
                 unless the --skip-warnings flag is given.\n"
            ))
        };
        let database = warned("A MySQL database named shop already exists");
        assert_eq!(database.reason, Reason::Warned);
        let fault = Fault::from(database);
        assert_eq!((fault.kind, fault.effect), (FaultKind::Conflict, Effect::NotApplied));
        assert!(fault.message.contains("A MySQL database named shop already exists"), "{fault}");
        let user = "A MySQL user named shop already exists - try selecting a different administration username";
        assert_eq!(warned(user).reason, Reason::UserTaken);
    }

    #[test]
    fn noise_of_the_error_stream_is_passed_over() {
        let failure = read_of(
            &programs::domains::ENABLE,
            "[21/Nov/2026:02:49:11 +0000] [127.0.0.1] /virtual-server/remote.cgi : odd\nDomain \
             /etc/webmin/x was modified since last read!\nVirtual server a.test is not disabled\n",
        );
        assert_eq!(failure.reason, Reason::NotDisabled);
    }

    #[test]
    fn a_program_that_died_has_halted() {
        let failure = read("Error\n-----\nFailed to lock /etc/passwd after 5 minutes\n");
        assert_eq!(failure.reason, Reason::Halted);
        assert!(failure.text.contains("lock"), "{}", failure.text);
        assert_eq!(Fault::from(failure).effect, Effect::Unknown);
    }

    #[test]
    fn a_machine_without_space_is_out_of_service_whatever_it_was_doing() {
        for text in [
            "Failed to write to /etc/passwd : No space left on device",
            "Beginning server creation ..\n\nSaving server details ..\n.. failed : No space left on device\n",
            "Error\n-----\nFailed to close /etc/webmin/x : No space left on device\n",
        ] {
            let fault = Fault::from(read(text));
            assert_eq!((fault.kind, fault.effect), (FaultKind::OutOfService, Effect::Unknown));
        }
    }

    #[test]
    fn no_words_arm_a_retry() {
        for words in ["timeout", "Connection timed out", "temporarily unavailable, try again later"]
        {
            assert!(!Fault::from(read(&usage(&CREATE, words))).kind.is_transient(), "{words}");
        }
    }

    #[test]
    fn a_missing_program_is_not_a_missing_domain() {
        let failure = Failure::rejected("Remote program list-domains does not exist", &[]);
        assert_ne!(Fault::from(failure).kind, FaultKind::NotFound);
    }

    #[test]
    fn the_words_of_another_program_are_for_the_log_alone() {
        let foreign = Failure::rejected("no index [inner-secret]", &[]);
        assert_eq!(foreign.reason, Reason::Refused);
        assert!(!Fault::from(foreign).message.contains("secret"));
        let known = Failure::rejected("Invalid remote program name", &[]);
        assert!(Fault::from(known).message.contains("Invalid remote program name"));
    }

    #[test]
    fn a_password_that_the_panel_echoes_is_taken_out() {
        let password = Secret::from("s3cr3t-word".to_owned());
        let line = "Unknown parameter s3cr3t-word";
        let failure = Failure::read(&CREATE, line, &usage(&CREATE, line), &[&password]);
        assert_eq!(failure.text, "Unknown parameter ***");
        let cut = Failure::read(&CREATE, "Unknown parameter word", "", &[&password]);
        assert_eq!(cut.text, "Unknown parameter ***");
        assert_eq!(read("Unknown parameter --bogus").text, "Unknown parameter --bogus");
    }

    #[test]
    fn a_skipped_step_of_a_success_is_found() {
        let output =
            "Disabling virtual server a.test ..\n\n.. skip : protected domain\n\nAll done!\n";
        assert_eq!(failed_steps(output, &[]).as_deref(), Some(".. skip : protected domain"));
        assert_eq!(failed_steps("Saving server details ..\n.. done\n\nAll done!\n", &[]), None);
        assert_eq!(failed_steps("Updating failed-site.test ..\n.. done\n", &[]), None);
    }

    proptest! {
        #[test]
        fn a_password_is_removed_at_any_place_of_the_text(before in "\\PC{0,40}", after in "\\PC{0,40}") {
            let password = Secret::from("Zq9!Zq9!Zq".to_owned());
            let text = format!("{before}{}{after}", password.expose());
            prop_assert!(!scrub(&text, &[&password]).contains(password.expose()));
        }

        #[test]
        fn any_words_are_read_without_panic(error in "\\PC*", full_error in "(\\PC|\n)*") {
            let failure = Failure::read(&CREATE, &error, &full_error, &[]);
            prop_assert!(failure.text.chars().count() <= MAX_REASON);
        }
    }
}
