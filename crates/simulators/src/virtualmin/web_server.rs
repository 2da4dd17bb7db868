//! The state of the machine's web server, which serves the sites of virtual servers.

use serde::{Deserialize, Serialize};

/// The state of a web server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum WebServer {
    /// It serves every site.
    #[default]
    Well,
    /// Its configuration has a wrong line, so that no restart succeeds. It serves the sites that it had loaded before,
    /// and programs that make sites succeed all the same.
    BrokenConfiguration,
    /// It accepts connections and does not answer.
    Silent,
    /// It cuts each connection.
    Cut,
    /// It answers every request with this status.
    Failing {
        /// The HTTP status, such as 503.
        status: u16,
    },
}
