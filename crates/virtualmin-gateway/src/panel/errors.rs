//! Classifies the error texts of programs, and removes what a person may not see.
//!
//! `error` is only the first line, which is a banner such as `Beginning server creation ..` once work has
//! begun. The text never decides about a retry, with one exception: an unknown text is a refusal, and a machine without
//! space is out of service.

use model::{
    fault::{Effect, Fault, FaultKind, FaultReason},
    secret::Secret,
};

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

/// The failures that callers distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The virtual server does not exist.
    DoesNotExist,
    /// A virtual server of that name exists.
    AlreadyHosted,
    /// The virtual server is off already.
    AlreadyDisabled,
    /// The virtual server is on already.
    NotDisabled,
    /// The name of the administrator, or of the group or login that belongs to it, is taken.
    UserTaken,
    /// A check warns, so that nothing was begun.
    Warned,
    /// The panel does not accept the arguments; no work was begun.
    Refused,
    /// The panel finds the configuration of its host wrong.
    Misconfigured,
    /// The work had begun and may be partly done.
    Halted,
    /// As [`Self::Halted`], because the machine has no space left.
    NoSpace,
    /// The panel has no such program.
    NoProgram,
}

impl Failure {
    /// Reads the failure of a program that ran, without the `secrets` in its text.
    pub(crate) fn read(error: &str, full_error: &str, secrets: &[&Secret]) -> Self {
        let lines = || full_error.lines().chain(error.lines()).map(str::trim);
        let first = lines().find(|line| !line.is_empty() && !is_noise(line)).unwrap_or_default();
        let (reason, line) = if let Some(line) = lines().find(|line| line.contains(NO_SPACE)) {
            (Reason::NoSpace, line)
        } else if is_warning(first) {
            let warning = lines().find(|line| !line.is_empty() && *line != first).unwrap_or(first);
            let taken = is_user_taken(warning);
            (if taken { Reason::UserTaken } else { Reason::Warned }, warning)
        } else if is_banner(first) {
            (Reason::Halted, detail(full_error).unwrap_or(first))
        } else {
            (classify(first), first)
        };
        Self { reason, text: scrub(line, secrets) }
    }

    /// Reads the failure of `check-config`, whose reason stands at the end.
    pub(crate) fn read_check(error: &str, full_error: &str, secrets: &[&Secret]) -> Self {
        match complaint(full_error) {
            Some(words) => Self { reason: Reason::Misconfigured, text: scrub(&words, secrets) },
            None => Self::read(error, full_error, secrets),
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
            Reason::DoesNotExist => Self::new(FaultKind::NotFound, text),
            Reason::AlreadyHosted => Self::new(FaultKind::Conflict, text),
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
    let line = output.lines().map(str::trim).find(|line| failed(line) || skipped(line))?;
    Some(scrub(line, secrets))
}

/// Removes passwords and control characters from a panel's text, and shortens it.
pub(crate) fn scrub(text: &str, secrets: &[&Secret]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|it| !it.is_empty()) {
        text = text.replace(secret.expose(), "***");
    }
    // An argument in the wrong place may be the rest of a password that was cut.
    if let Some(at) = text.find("Unknown parameter ") {
        let (head, argument) = text.split_at(at + "Unknown parameter ".len());
        if !argument.starts_with("--") {
            text = format!("{head}***");
        }
    }
    text.chars().filter(|c| !c.is_control()).take(MAX_REASON).collect()
}

fn classify(line: &str) -> Reason {
    let of_server = |end: &str| {
        line.strip_prefix("Virtual server ")
            .and_then(|rest| rest.trim_end_matches('.').strip_suffix(end))
            .is_some_and(|name| !name.is_empty() && !name.contains(' '))
    };
    if of_server(" does not exist") {
        Reason::DoesNotExist
    } else if of_server(" is already disabled") {
        Reason::AlreadyDisabled
    } else if of_server(" is not disabled") {
        Reason::NotDisabled
    } else if line == "You are already hosting this domain" {
        Reason::AlreadyHosted
    } else if is_user_taken(line) {
        Reason::UserTaken
    } else {
        Reason::Refused
    }
}

/// Whether a line says that a name for the administrator is taken.
///
/// The recorded panel says so of a user, and of a group that came into being between two of its checks. The other lines
/// are those of version 8.1.0 (`lang/en`, `setup_e…`): the group that is there from the start, the user of the second
/// check, and the logins of Webmin and MySQL that have the user's name. Virtualmin has no line for a home directory
/// that exists: it takes the directory over (`feature-dir.pl`, `check_dir_clash`).
fn is_user_taken(line: &str) -> bool {
    const NAMED: [(&str, &str); 7] = [
        ("A unix group named ", " already exists"),
        ("A unix user named ", " already exists"),
        ("A unix user called ", " already exists"),
        ("An administration group named ", " already exists"),
        ("A webmin user called ", " already exists"),
        ("A MySQL login named ", " is already owned by virtual server "),
        ("A MySQL user named ", " already exists"),
    ];
    line == "The specified administration user already exists"
        || NAMED
            .iter()
            .any(|(start, end)| line.strip_prefix(start).is_some_and(|rest| rest.contains(end)))
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

    fn read(full_error: &str) -> Failure {
        let error = full_error.lines().find(|it| !it.trim().is_empty()).unwrap_or_default();
        Failure::read(error, full_error, &[])
    }

    #[test]
    fn known_words_have_their_meaning() {
        for (line, reason) in [
            ("Virtual server nosuch.test does not exist", Reason::DoesNotExist),
            ("Virtual server nosuch.test does not exist.", Reason::DoesNotExist),
            ("Virtual server beta.test is already disabled", Reason::AlreadyDisabled),
            ("Virtual server beta.test is not disabled", Reason::NotDisabled),
            ("You are already hosting this domain", Reason::AlreadyHosted),
            ("The specified administration user already exists", Reason::UserTaken),
            (
                "A unix group named x already exists - try selecting a different administration username",
                Reason::UserTaken,
            ),
            (
                "A unix user named x already exists - try selecting a different administration username",
                Reason::UserTaken,
            ),
            (
                "A unix user called x or group called x already exists - try selecting a different administration username",
                Reason::UserTaken,
            ),
            ("An administration group named x already exists", Reason::UserTaken),
            (
                "A webmin user called x already exists - try selecting a different administration username",
                Reason::UserTaken,
            ),
            (
                "A MySQL login named x is already owned by virtual server other.test",
                Reason::UserTaken,
            ),
            // Another user name would not change these.
            ("A unix user with UID 1001 already exists", Reason::Refused),
            ("A MySQL database named x is already owned by virtual server b.test", Reason::Refused),
            ("Missing or invalid administrator username", Reason::Refused),
            ("Missing or invalid total quota", Reason::Refused),
            ("Parent domain does not exist", Reason::Refused),
            ("Unknown plan name", Reason::Refused),
        ] {
            let failure = read(&format!("{line}\n\n(usage text, about 1001 characters)\n"));
            assert_eq!((failure.reason, failure.text.as_str()), (reason, line));
        }
    }

    #[test]
    fn a_complaint_is_all_that_follows_its_word() {
        let failure = Failure::read_check(
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
        let failure = read(
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
            assert!(!Fault::from(read(words)).kind.is_transient(), "{words}");
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
        let failure = Failure::read(line, &format!("{line}\n\nusage\n"), &[&password]);
        assert_eq!(failure.text, "Unknown parameter ***");
        let cut = Failure::read("Unknown parameter word", "", &[&password]);
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
            let failure = Failure::read(&error, &full_error, &[]);
            prop_assert!(failure.text.chars().count() <= MAX_REASON);
        }
    }
}
