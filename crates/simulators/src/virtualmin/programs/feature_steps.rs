//! What the programs print when they remove a feature, and what follows when it came or went.

use super::steps::Steps;
use crate::virtualmin::virtual_server::VirtualServer;

/// Prints the steps that remove these features (recordings 036 and 245).
pub(super) fn remove(steps: &mut Steps, server: &VirtualServer, features: &[String]) {
    let database = format!("Deleting MariaDB database {}", server.contents.databases.join(", "));
    let table: &[(&str, &[&str])] = &[
        ("webmin", &["Deleting Webmin login"]),
        ("mysql", &[&database, "Deleting MariaDB login"]),
        ("logrotate", &["Disabling log file rotation"]),
        ("ssl", &["Deleting SSL virtual website"]),
        ("web", &["Deleting virtual website", "Deleting Apache log files"]),
        ("mail", &["Removing from email domains list"]),
        ("dns", &["Deleting DNS zone"]),
    ];
    for (_, lines) in table.iter().filter(|(code, _)| features.iter().any(|own| own == code)) {
        lines.iter().for_each(|line| steps.done(line));
    }
}

/// Prints how the services of these features are told.
pub(super) fn restart(steps: &mut Steps, domain: &str, features: &[String]) {
    let has = |code: &str| features.iter().any(|own| own == code);
    for (applies, step) in [
        (has("mail"), "Restarting mail server".to_owned()),
        (has("web") || has("ssl"), "Applying webserver configuration".to_owned()),
        (has("dns"), format!("Re-starting DNS server for {domain}")),
        (has("webmin"), "Re-loading Webmin".to_owned()),
    ] {
        if applies {
            steps.done(&step);
        }
    }
}
