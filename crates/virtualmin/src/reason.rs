//! The reasons for which programs fail, as far as callers distinguish them.

/// Why a program failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The virtual server does not exist.
    DoesNotExist,
    /// A virtual server of that name exists.
    AlreadyHosted,
    /// The virtual server is off already.
    AlreadyDisabled,
    /// The virtual server is on already.
    NotDisabled,
    /// What is to be made exists: a mailbox, an alias, a database, a plan.
    Exists,
    /// What the change is about does not exist: a mailbox, an alias, a database, a plan, a file.
    Absent,
    /// The virtual server or the host does not have the feature that the program needs.
    NotOffered,
    /// None of the host names for a certificate resolves.
    Unresolved,
    /// The authority did not issue a certificate.
    NotIssued,
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
    /// The words are unknown, and so is what was done.
    Unknown,
}
