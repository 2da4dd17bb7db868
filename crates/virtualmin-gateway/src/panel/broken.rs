//! Why a call of a host has no answer, and whether it may have arrived.

use egress::Refused;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    /// The host was not reached: the form was not sent.
    #[error("no connection: {0}")]
    Connect(String),
    /// The host has no address that may be connected to: the form was not sent.
    #[error("the address {0}")]
    Refused(Refused),
    /// The host's certificate is not trusted: the form was not sent.
    #[error("the certificate is not trusted: {0}")]
    Certificate(String),
    /// The connection broke after the form may have been sent.
    #[error("the connection broke: {0}")]
    Cut(String),
    /// The deadline passed after the form may have been sent.
    #[error("no answer in time")]
    TimedOut,
    /// The body is larger than it may be.
    #[error("the answer is larger than {} MiB", .0 >> 20)]
    TooLarge(usize),
    /// The process reads too many large answers.
    #[error("too many large answers are being read")]
    Crowded,
}

impl Broken {
    /// Whether the form may have reached the host, so that its program may have run or may still run.
    pub(crate) fn may_have_arrived(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Refused(_) | Self::Certificate(_) => false,
            Self::Cut(_) | Self::TimedOut | Self::TooLarge(_) | Self::Crowded => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_failure_before_the_form_was_sent_has_certainly_no_effect() {
        assert!(!Broken::Connect(String::new()).may_have_arrived());
        assert!(!Broken::Certificate(String::new()).may_have_arrived());
        for broken in
            [Broken::Cut(String::new()), Broken::TimedOut, Broken::TooLarge(0), Broken::Crowded]
        {
            assert!(broken.may_have_arrived(), "{broken:?}");
        }
    }
}
