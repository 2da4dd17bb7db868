//! What a call is for, which decides how long it may take and how much it may answer.

use std::time::Duration;

use strum::VariantArray;

use super::{
    program::Class,
    programs::{domains, hosts, php},
    request::Request,
};

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, VariantArray)]
pub(crate) enum Errand {
    /// To read something of one virtual server, or of the panel.
    Request,
    /// To ask a host about itself.
    HealthCheck,
    /// To change something.
    Provisioning,
    /// To copy a whole virtual server.
    Backup,
    /// To read the same thing of all virtual servers, such as their mailboxes.
    Bulk,
    /// To list all virtual servers.
    DomainSync,
    /// To list all virtual servers with their use.
    UsageSync,
}

/// The limits of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// How long it may take in all.
    pub(crate) total: Duration,
    /// How long an answer that has begun may pause.
    pub(crate) pause: Duration,
    /// How many bytes it may have.
    pub(crate) bytes: usize,
}

impl Errand {
    /// What `request` is for.
    pub(crate) fn of(request: &Request) -> Self {
        let program = request.program();
        match program.class {
            Class::Long => Self::Backup,
            Class::Change => Self::Provisioning,
            Class::Read if *program == domains::LIST && request.domain().is_none() => {
                if request.has("simple-multiline") { Self::DomainSync } else { Self::UsageSync }
            }
            Class::Read if *program == domains::BANDWIDTH && request.domain().is_none() => {
                Self::UsageSync
            }
            Class::Read if request.has("all-domains") => Self::Bulk,
            Class::Read => {
                let about_host = [
                    &hosts::INFO,
                    &hosts::LIST_COMMANDS,
                    &domains::LIST_FEATURES,
                    &php::LIST_VERSIONS,
                ];
                if about_host.contains(&program) { Self::HealthCheck } else { Self::Request }
            }
        }
    }

    /// Whether the answer is about every virtual server of the host.
    pub(crate) fn is_about_all(self) -> bool {
        matches!(self, Self::Bulk | Self::DomainSync | Self::UsageSync)
    }
}
