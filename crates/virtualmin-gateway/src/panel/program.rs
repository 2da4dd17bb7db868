//! The remote programs that may be called at all, with the parameters that each may get.
//!
//! This table is the real fence: the account that the gateway logs in with is root in effect.

/// A remote program of Virtualmin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// Makes a virtual server.
    CreateDomain,
    /// Removes a virtual server and all under it.
    DeleteDomain,
    /// Switches a virtual server off.
    DisableDomain,
    /// Switches a virtual server on.
    EnableDomain,
    /// Tells what the host is.
    Info,
    /// Lists programs.
    ListCommands,
    /// Lists virtual servers.
    ListDomains,
    /// Changes settings of a virtual server.
    ModifyDomain,
}

/// What a parameter's value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No value at all: its presence says it.
    Switch,
    /// A domain name in lower-case ASCII.
    Domain,
    /// A Unix user name.
    User,
    /// A whole number above zero.
    Count,
    /// A whole number above zero, or this word for no limit.
    CountOr(&'static str),
    /// Text for people.
    Text,
    /// A virtual server's description, which may have no colon.
    Description,
    /// A password.
    Secret,
    /// One lower-case word.
    Word,
}

use Kind::{Count, CountOr, Description, Domain, Secret, Switch, Text, User, Word};

/// The facts of one program.
struct Facts {
    /// As the `program` parameter names it.
    name: &'static str,
    /// Whether every host must have it. A host that lacks another one stays in service without what it does.
    required: bool,
    /// Whether it may change anything. Said for each program: a name like `list-` proves nothing.
    mutates: bool,
    /// Whether its answer is `data`, which Virtualmin only makes well when `multiline` is asked for.
    lists: bool,
    /// The parameters that it may get.
    parameters: &'static [(&'static str, Kind)],
}

impl Program {
    /// Every program, sorted by name.
    pub(crate) const ALL: [Self; 8] = [
        Self::CreateDomain,
        Self::DeleteDomain,
        Self::DisableDomain,
        Self::EnableDomain,
        Self::Info,
        Self::ListCommands,
        Self::ListDomains,
        Self::ModifyDomain,
    ];

    /// The table. Names and parameters are those of Virtualmin 8.1, recorded with `list-commands` and each program's
    /// own usage.
    fn facts(self) -> Facts {
        match self {
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
                    ("quota", CountOr("UNLIMITED")),
                    ("uquota", CountOr("UNLIMITED")),
                    ("bandwidth", CountOr("NONE")),
                    ("max-mailboxes", Count),
                    ("max-dbs", Count),
                    ("no-email", Switch),
                    ("skip-warnings", Switch),
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

    /// As the `program` parameter names it.
    pub(crate) fn name(self) -> &'static str {
        self.facts().name
    }

    /// Whether every host must have it.
    pub(crate) fn is_required(self) -> bool {
        self.facts().required
    }

    /// Whether it may change anything.
    pub(crate) fn mutates(self) -> bool {
        self.facts().mutates
    }

    /// Whether its answer is `data`.
    pub(crate) fn lists(self) -> bool {
        self.facts().lists
    }

    /// The kind of the parameter `flag`; `None` where this program may not get it.
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
