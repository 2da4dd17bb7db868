//! The steps that a backup and its restoration print (recordings 236 and 237, shortened).

use super::steps::Steps;
use crate::virtualmin::virtual_server::VirtualServer;

/// The folders of the machine that can be written to.
const FOLDERS: [&str; 2] = ["/backup/", "/var/backups/"];

/// Whether a backup can go there.
pub(super) fn is_writable(place: &str) -> bool {
    !place.starts_with('/') || FOLDERS.iter().any(|folder| place.starts_with(folder))
}

/// The test of the destinations, with the one that cannot be written to.
pub(super) fn test(steps: &mut Steps, places: &[String], bad: Option<&str>) {
    for place in places {
        let kind = if place.starts_with('/') { "local file" } else { "remote" };
        steps.line(&format!("Testing backup destination {kind} {place} .."));
        match bad {
            Some(bad) if bad == place => steps.line(".. failed : No such file or directory"),
            _ => steps.line(".. done"),
        }
        steps.blank();
    }
}

/// One virtual server into an archive.
pub(super) fn server(steps: &mut Steps, server: &VirtualServer) {
    steps.line(&format!("Creating backup for virtual server {} ..", server.domain));
    steps.nest(true);
    steps.done("Copying virtual server configuration");
    if server.has("dns") {
        steps.done("Copying records in DNS domain");
    }
    if server.has("web") {
        steps.done("Copying Apache virtual host configuration");
    }
    steps.done("Creating TAR file of home directory");
    steps.nest(false);
    steps.line(".. completed in 2 seconds");
    steps.blank();
}

/// One virtual server out of an archive.
pub(super) fn restored(steps: &mut Steps, domain: &str) {
    steps.line(&format!("Restoring backup for virtual server {domain} .."));
    steps.nest(true);
    steps.done("Restoring virtual server password, quota and other details");
    steps.done("Extracting TAR file of home directory");
    steps.nest(false);
}
