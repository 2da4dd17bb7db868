//! `praho servers ssh` and `praho servers break-glass`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use contracts::provisioning::v1::{
    AllowBreakGlassRequest, EndBreakGlassRequest, SetServerShellRequest,
};

use crate::{failure::Failure, options::Intent, secrets, session::Session};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Set it; it is gone only while break-glass is allowed
    Set(Set),
}

#[derive(Args, Debug)]
pub(crate) struct Set {
    /// The server's id or name
    server: String,
    /// The name or the address at which sshd listens
    #[arg(long, value_name = "HOST")]
    host: String,
    /// The port of sshd
    #[arg(long, value_name = "NUMBER", default_value_t = 22)]
    port: u32,
    /// The user to log in as; Virtualmin's command works for root alone
    #[arg(long, value_name = "NAME", default_value = "root")]
    user: String,
    /// What `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` shows on the host; two while the key is exchanged
    #[arg(long, value_delimiter = ',', value_name = "SHA256:..,..", required = true)]
    host_keys: Vec<String>,
    /// A file with the user's private key in OpenSSH's format; without it, the present one stays
    #[arg(long, value_name = "PATH")]
    private_key_file: Option<PathBuf>,
    #[command(flatten)]
    intent: Intent,
}

#[derive(Args, Debug)]
pub(crate) struct BreakGlass {
    /// The server's id or name
    server: String,
    /// How long from now on, such as 30m or 2h; at most 8h
    #[arg(long = "for", value_name = "TIME", value_parser = minutes, required_unless_present = "end")]
    duration: Option<u32>,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", required_unless_present = "end")]
    reason: Option<String>,
    /// End it at once
    #[arg(long, conflicts_with_all = ["duration", "reason"])]
    end: bool,
    #[command(flatten)]
    intent: Intent,
}

/// The whole minutes of a time like `30m` or `2h`.
fn minutes(text: &str) -> Result<u32, String> {
    let number = |text: &str, minutes: u32| text.parse::<u32>().ok()?.checked_mul(minutes);
    let read = match (text.strip_suffix('m'), text.strip_suffix('h')) {
        (Some(text), _) => number(text, 1),
        (_, Some(text)) => number(text, 60),
        (None, None) => None,
    };
    read.ok_or_else(|| "give minutes or hours, like 30m or 2h".to_owned())
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    let Command::Set(set) = command;
    let request_id = set.intent.id();
    let private_key = match &set.private_key_file {
        Some(file) => secrets::read("private key", Some(file))?.expose().to_owned(),
        None => String::new(),
    };
    let request = SetServerShellRequest {
        request_id: request_id.clone(),
        id: set.server,
        host: set.host,
        port: set.port,
        user: set.user,
        host_keys: set.host_keys,
        private_key,
    };
    let mut servers = session.client.servers();
    let server = session.client.change(&request_id, servers.set_server_shell(request)).await?;
    session.output.one(&server)
}

impl BreakGlass {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        let (key, id, mut servers) = (self.intent.id(), self.server, session.client.servers());
        let request_id = key.clone();
        let server = match (self.duration, self.reason) {
            (Some(minutes), Some(reason)) => {
                let request = AllowBreakGlassRequest { request_id, id, minutes, reason };
                session.client.change(&key, servers.allow_break_glass(request)).await?
            }
            _ => {
                let request = EndBreakGlassRequest { request_id, id };
                session.client.change(&key, servers.end_break_glass(request)).await?
            }
        };
        session.output.one(&server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_minutes_or_hours() {
        assert_eq!((minutes("30m"), minutes("2h")), (Ok(30), Ok(120)));
        for text in ["", "30", "m", "1.5h", "-1m", "99999999999h", "100000000h", "1d"] {
            assert!(minutes(text).is_err(), "{text}");
        }
    }
}
