//! What each service does with sealed values. Each column is sealed anew by one service, which opens it too.

use model::keys::SealedColumn::{
    self, AccountPassword, DnsKey, PanelPassword, PanelUsername, ShellKey,
};

/// What a service does with sealed values.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The program, such as `praho-api`.
    pub service: &'static str,
    /// The columns whose values it opens. It does not run without the keys that these are sealed with.
    pub opens: &'static [SealedColumn],
    /// The columns whose values it seals anew for a rotation.
    pub reseals: &'static [SealedColumn],
}

/// The API, which shows generated passwords. It seals new values of all columns, and can open no others.
pub const API: Part =
    Part { service: "praho-api", opens: &[AccountPassword], reseals: &[AccountPassword] };

/// The gateway, which logs in to panels and shells, and sets the passwords of accounts there.
pub const GATEWAY: Part = Part {
    service: "praho-virtualmin-gateway",
    opens: &[PanelUsername, PanelPassword, ShellKey, AccountPassword],
    reseals: &[PanelUsername, PanelPassword, ShellKey],
};

/// The DNS manager, which logs in to DNS servers.
pub const DNS_MANAGER: Part =
    Part { service: "praho-dns-manager", opens: &[DnsKey], reseals: &[DnsKey] };

/// The worker, which seals new passwords and opens nothing.
pub const WORKER: Part = Part { service: "praho-provisioning-worker", opens: &[], reseals: &[] };

/// Every service with a key ring.
pub const ALL: [Part; 4] = [API, GATEWAY, DNS_MANAGER, WORKER];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_column_is_sealed_anew_by_one_service_that_opens_it() {
        for column in SealedColumn::ALL {
            let resealing: Vec<_> =
                ALL.iter().filter(|part| part.reseals.contains(&column)).collect();
            assert_eq!(resealing.len(), 1, "{column:?}");
            assert!(resealing[0].opens.contains(&column), "{column:?}");
        }
    }
}
