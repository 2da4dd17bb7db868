//! Why there is no connection, no outcome of a command, or no file.

use model::host_key::HostKey;

/// Why there is no connection to a host. Nothing was run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoConnection {
    /// The host has no address that may be connected to.
    #[error("the address {0}")]
    Address(egress::Refused),
    /// The host was not reached, or the connection broke.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// The host did not answer in time.
    #[error("no connection in time")]
    TimedOut,
    /// The host has another key than the pinned ones.
    #[error(
        "the host's key is {presented}, which is not pinned; compare it with what `ssh-keygen -lf` shows on the host, and \
         pin it if it is the same"
    )]
    HostKey {
        /// The key that the host has proved.
        presented: HostKey,
    },
    /// The two have no algorithm in common.
    #[error("{0}; the host needs a key of Ed25519 or ECDSA, and an OpenSSH of this decade")]
    NoCommonAlgorithm(String),
    /// Our private key cannot be read. The reason is not told, since it may repeat a part of the key.
    #[error(
        "the private key cannot be used; give one of Ed25519 or ECDSA in OpenSSH's format and without a passphrase, as \
         `ssh-keygen -t ed25519 -N ''` makes it"
    )]
    PrivateKey,
    /// The host does not let the user in with our key.
    #[error(
        "the host refuses the key for the user {user}; add its public half to that user's authorized_keys"
    )]
    Denied {
        /// The user that was asked for.
        user: String,
    },
}

/// Why a command has no outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRun {
    /// The host has certainly not begun the command.
    #[error("the command was not begun: {0}")]
    NotBegun(Why),
    /// The host may have run the command, and may still be running it.
    #[error("the command has no known outcome: {0}")]
    MayHaveBegun(Why),
}

impl NotRun {
    /// Whether the command may have done something.
    pub fn may_have_begun(&self) -> bool {
        matches!(self, Self::MayHaveBegun(_))
    }

    /// What went wrong.
    pub fn why(&self) -> &Why {
        match self {
            Self::NotBegun(why) | Self::MayHaveBegun(why) => why,
        }
    }
}

/// What went wrong on a connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// There is no program, or an argument has a NUL.
    #[error("it has no program, or a NUL in an argument")]
    Argument,
    /// The host refuses to run commands.
    #[error("the host refuses to run commands for this user")]
    Refused,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Lost(String),
    /// The time was up.
    #[error("no answer in time")]
    TimedOut,
    /// The command wrote more than the caller takes.
    #[error("it wrote more than {bound} bytes to its {stream}")]
    TooLong {
        /// `stdout` or `stderr`.
        stream: &'static str,
        /// The most bytes that the caller takes.
        bound: usize,
    },
}

/// Why a file was not read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// There is no such file.
    #[error("there is no such file")]
    Missing,
    /// The user may not.
    #[error("the user may not")]
    Denied,
    /// The file is larger than the caller takes.
    #[error("it is larger than {bound} bytes")]
    TooLarge {
        /// The most bytes that the caller takes.
        bound: usize,
    },
    /// The host refuses for another reason, such as a file that exists already or a disk that is full.
    #[error("the host refuses: {0}")]
    Refused(String),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Lost(String),
    /// The time was up.
    #[error("no answer in time")]
    TimedOut,
}

impl From<russh::Error> for Why {
    fn from(error: russh::Error) -> Self {
        Self::Lost(error.to_string())
    }
}
