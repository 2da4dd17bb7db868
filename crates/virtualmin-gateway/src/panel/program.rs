//! The allow-list of remote programs, with the parameters of each.
//!
//! This table is the real protection: the gateway's account on the panel is root in effect.

/// A remote program of Virtualmin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// Tests the configuration of the host, and may write settings of the panel anew.
    CheckConfig,
    /// Creates a virtual server.
    CreateDomain,
    /// Deletes a virtual server and everything under it.
    DeleteDomain,
    /// Switches a virtual server off.
    DisableDomain,
    /// Switches a virtual server on.
    EnableDomain,
    /// Prints the name and versions of the host.
    Info,
    /// Lists programs.
    ListCommands,
    /// Lists virtual servers.
    ListDomains,
    /// Lists the features of virtual servers, and which of them are switched on.
    ListFeatures,
    /// Lists the versions of PHP that sites can run.
    ListPhpVersions,
    /// Changes settings of a virtual server.
    ModifyDomain,
}

/// The form of a parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No value: the flag alone counts.
    Switch,
    /// A domain name in lower-case ASCII.
    Domain,
    /// A Unix user name.
    User,
    /// A whole number above zero.
    Count,
    /// A whole number above zero, or this word for unlimited.
    CountOr(&'static str),
    /// Text for people.
    Text,
    /// A virtual server's description, which may not contain a colon.
    Description,
    /// A password.
    Secret,
    /// One lower-case word.
    Word,
}

use Kind::{Count, CountOr, Description, Domain, Secret, Switch, Text, User, Word};

struct Facts {
    /// The value of the `program` parameter.
    name: &'static str,
    /// Whether every host must have the program. A host without an optional one stays in service, without
    /// that capability.
    required: bool,
    /// Whether the program may change anything. Each program has its own entry: a name like `list-` proves
    /// nothing.
    mutates: bool,
    /// Whether the answer is `data`, which Virtualmin only builds well if `multiline` is requested.
    lists: bool,
    /// The allowed parameters.
    parameters: &'static [(&'static str, Kind)],
}

impl Program {
    /// Every program, sorted by name.
    pub(crate) const ALL: [Self; 11] = [
        Self::CheckConfig,
        Self::CreateDomain,
        Self::DeleteDomain,
        Self::DisableDomain,
        Self::EnableDomain,
        Self::Info,
        Self::ListCommands,
        Self::ListDomains,
        Self::ListFeatures,
        Self::ListPhpVersions,
        Self::ModifyDomain,
    ];

    /// The table. Names and parameters are those of Virtualmin 8.1, recorded with `list-commands` and with
    /// the usage text of each program.
    fn facts(self) -> Facts {
        match self {
            // Its source in 8.1.0 takes no parameters.
            Self::CheckConfig => Facts {
                name: "check-config",
                required: false,
                mutates: true,
                lists: false,
                parameters: &[],
            },
            Self::CreateDomain => Facts {
                name: "create-domain",
                required: true,
                mutates: true,
                lists: false,
                parameters: &[
                    ("domain", Domain),
                    ("user", User),
                    ("pass", Secret),
                    ("desc", Description),
                    ("unix", Switch),
                    ("dir", Switch),
                    ("web", Switch),
                    ("ssl", Switch),
                    ("dns", Switch),
                    ("mail", Switch),
                    ("mysql", Switch),
                    ("webmin", Switch),
                    ("quota", CountOr("UNLIMITED")),
                    ("uquota", CountOr("UNLIMITED")),
                    ("bandwidth", CountOr("NONE")),
                    ("max-mailboxes", Count),
                    ("max-dbs", Count),
                    ("no-email", Switch),
                ],
            },
            Self::DeleteDomain => Facts {
                name: "delete-domain",
                required: true,
                mutates: true,
                lists: false,
                parameters: &[("domain", Domain)],
            },
            Self::DisableDomain => Facts {
                name: "disable-domain",
                required: true,
                mutates: true,
                lists: false,
                parameters: &[("domain", Domain), ("why", Text)],
            },
            Self::EnableDomain => Facts {
                name: "enable-domain",
                required: true,
                mutates: true,
                lists: false,
                parameters: &[("domain", Domain)],
            },
            Self::Info => Facts {
                name: "info",
                required: true,
                mutates: false,
                lists: false,
                parameters: &[("search", Word)],
            },
            Self::ListCommands => Facts {
                name: "list-commands",
                required: true,
                mutates: false,
                lists: true,
                parameters: &[],
            },
            Self::ListDomains => Facts {
                name: "list-domains",
                required: true,
                mutates: false,
                lists: true,
                parameters: &[("domain", Domain), ("simple-multiline", Switch)],
            },
            Self::ListFeatures => Facts {
                name: "list-features",
                required: false,
                mutates: false,
                lists: true,
                parameters: &[],
            },
            Self::ListPhpVersions => Facts {
                name: "list-php-versions",
                required: false,
                mutates: false,
                lists: true,
                parameters: &[],
            },
            Self::ModifyDomain => Facts {
                name: "modify-domain",
                required: true,
                mutates: true,
                lists: false,
                parameters: &[
                    ("domain", Domain),
                    ("pass", Secret),
                    ("quota", CountOr("UNLIMITED")),
                    ("uquota", CountOr("UNLIMITED")),
                    ("bw", CountOr("NONE")),
                    ("protected", Switch),
                    ("unprotected", Switch),
                ],
            },
        }
    }

    /// The value of the `program` parameter.
    pub(crate) fn name(self) -> &'static str {
        self.facts().name
    }

    /// Whether every host must have the program.
    pub(crate) fn is_required(self) -> bool {
        self.facts().required
    }

    /// Whether the program may change anything.
    pub(crate) fn mutates(self) -> bool {
        self.facts().mutates
    }

    /// Whether the answer is `data`.
    pub(crate) fn lists(self) -> bool {
        self.facts().lists
    }

    /// The kind of the parameter `flag`; `None` if this program does not allow it.
    pub(crate) fn parameter(self, flag: &str) -> Option<Kind> {
        let parameters = self.facts().parameters;
        parameters.iter().find(|(name, _)| *name == flag).map(|(_, kind)| *kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_reads_gets_no_parameter_that_could_change_anything() {
        for program in Program::ALL.into_iter().filter(|it| !it.mutates()) {
            for flag in ["pass", "quota", "protected", "unprotected", "post-command", "desc"] {
                assert_eq!(program.parameter(flag), None, "{} {flag}", program.name());
            }
        }
    }

    #[test]
    fn nothing_that_runs_a_command_or_reads_a_file_is_allowed() {
        for program in Program::ALL {
            for flag in ["pre-command", "post-command", "passfile", "shell", "template", "program"]
            {
                assert_eq!(program.parameter(flag), None, "{} {flag}", program.name());
            }
        }
    }
}
