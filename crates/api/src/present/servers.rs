//! Turns servers into messages.

use std::collections::BTreeSet;

use contracts::{moment::to_timestamp, provisioning::v1};
use model::{
    server::{Server, Trust},
    shell::Shell,
};

pub(crate) fn server(server: &Server) -> v1::Server {
    let fault = server.fault.as_ref();
    v1::Server {
        id: server.id.to_string(),
        name: server.name.clone(),
        url: server.url.clone().unwrap_or_default(),
        certificate_sha256: match &server.trust {
            Trust::SystemAuthorities => String::new(),
            Trust::Sha256Pin(pin) => pin.clone(),
        },
        ip_addresses: server.addresses.iter().map(ToString::to_string).collect(),
        capacity: server.capacity,
        accounts: server.accounts,
        tags: server.tags.iter().cloned().collect(),
        status: server.status.as_str().to_owned(),
        status_reason: server.status_reason.clone().unwrap_or_default(),
        reads_per_second: server.reads_per_second.unwrap_or_default(),
        mutation_slots: server.mutation_slots,
        version: server.version.clone().unwrap_or_default(),
        created_at: Some(to_timestamp(server.id.created_at())),
        fault: fault.map(|it| it.fault.message.clone()).unwrap_or_default(),
        fault_since: fault.map(|it| to_timestamp(it.since)),
        fault_stops: fault.map(|it| it.stops.as_str().to_owned()).unwrap_or_default(),
        keeps_quotas: server.keeps_quotas,
        without_quotas: server.without_quotas.as_str().to_owned(),
        features: words(server.features.as_ref()),
        php_versions: words(server.php_versions.as_ref()),
        shell: server.shell.as_ref().map(shell),
    }
}

fn shell(shell: &Shell) -> v1::ServerShell {
    let leave = shell.break_glass.as_ref();
    v1::ServerShell {
        host: shell.host.clone(),
        port: shell.port.into(),
        user: shell.user.clone(),
        host_keys: shell.keys.iter().map(ToString::to_string).collect(),
        break_glass_until: leave.map(|it| to_timestamp(it.until)),
        break_glass_reason: leave.map(|it| it.reason.clone()).unwrap_or_default(),
        break_glass_by: leave.map(|it| it.by.clone()).unwrap_or_default(),
    }
}

fn words(set: Option<&BTreeSet<String>>) -> Vec<String> {
    set.into_iter().flatten().cloned().collect()
}
