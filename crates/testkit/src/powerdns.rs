//! A private PowerDNS authoritative server with an SQLite database, its HTTP API and no caches.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::environment::write_private;
use crate::instance::Instance;
use crate::ports::free_port;
use crate::process::Process;
use crate::random::password;

const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(10);
const DATABASE: &str = "pdns.sqlite3";

/// Files of Debian's packages `pdns-server` and `pdns-backend-sqlite3`.
pub(crate) const PROGRAM: &str = "/usr/sbin/pdns_server";
pub(crate) const SCHEMA: &str = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql";

/// A private PowerDNS: DNS (UDP and TCP) and the API on two ports of 127.0.0.1.
#[derive(Clone, Debug)]
pub struct PowerDns {
    instance: Instance,
    settings: Settings,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Settings {
    dns_port: u16,
    api_port: u16,
    api_key: String,
}

impl PowerDns {
    /// Starts the server in `directory`, which is created if it does not exist. A running server is left
    /// alone.
    pub async fn start(directory: &Path) -> Result<Self> {
        if let Some(running) = Self::attach(directory) {
            return Ok(running);
        }
        let instance = Instance::new("PowerDNS", directory)?;
        make_database(&instance)?;
        instance
            .start(async |attempt| {
                let settings = match instance.settings() {
                    Some(settings) if attempt == 0 => settings,
                    _ => Settings {
                        dns_port: free_port(),
                        api_port: free_port(),
                        api_key: password(),
                    },
                };
                instance.save(&settings)?;
                let server = Self { instance: instance.clone(), settings };
                server.launch().await.map(|()| server)
            })
            .await
    }

    /// The server in `directory`, if it is running.
    #[must_use]
    pub fn attach(directory: &Path) -> Option<Self> {
        let (instance, settings) = Instance::attach("PowerDNS", directory)?;
        Some(Self { instance, settings })
    }

    /// The URL of the HTTP API, without a path: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.settings.api_port)
    }

    /// The value for the API's `X-API-Key` header.
    #[must_use]
    pub fn api_key(&self) -> &str {
        &self.settings.api_key
    }

    /// The address for DNS queries: `127.0.0.1:PORT`.
    #[must_use]
    pub fn dns_addr(&self) -> String {
        format!("127.0.0.1:{}", self.settings.dns_port)
    }

    /// Restarts the server with the same ports, key and zones; also after [`PowerDns::stop`] or
    /// [`PowerDns::kill`].
    pub async fn restart(&self) -> Result<()> {
        self.stop().await;
        self.instance.start(async |_| self.launch().await).await
    }

    /// Stops the server; its zones stay.
    pub async fn stop(&self) {
        for process in self.instance.processes() {
            process.stop(STOP).await;
        }
    }

    /// Kills the server as a crash would.
    pub async fn kill(&self) {
        self.instance.kill().await;
    }

    async fn launch(&self) -> Result<()> {
        let directory = &self.instance.directory;
        write_private(&directory.join("pdns.conf"), &self.configuration())?;
        let mut command = Command::new(PROGRAM);
        // The folder's path is absolute. The control socket's path is relative, because it may have 107 bytes
        // at most.
        command.arg(format!("--config-dir={}", directory.display())).current_dir(directory);
        let process = Process::spawn(&mut command, &self.instance.log())
            .with_context(|| format!("PowerDNS: cannot start {PROGRAM}"))?;
        self.instance.record(&[process])?;

        let client = crate::http::client();
        let url = format!("{}/api/v1/servers/localhost", self.api_url());
        self.instance
            .ready(process, START, async || {
                let request = client.get(&url).header("X-API-Key", self.api_key());
                let answer = request.send().await.map_err(|error| error.to_string())?;
                if answer.status().is_success() { Ok(()) } else { Err(answer.status().to_string()) }
            })
            .await
    }

    /// The settings are those of <https://doc.powerdns.com/authoritative/settings.html>.
    fn configuration(&self) -> String {
        let Settings { dns_port, api_port, api_key } = &self.settings;
        format!(
            "launch=gsqlite3
gsqlite3-database={DATABASE}
gsqlite3-dnssec=yes
local-address=127.0.0.1
local-port={dns_port}
socket-dir=.
daemon=no
guardian=no
setuid=
setgid=
api=yes
api-key={api_key}
webserver=yes
webserver-address=127.0.0.1
webserver-port={api_port}
webserver-allow-from=127.0.0.1
disable-syslog=yes
version-string=anonymous
default-soa-content=ns1.@ hostmaster.@ 0 10800 3600 604800 3600
primary=yes
allow-axfr-ips=
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
security-poll-suffix=
"
        )
    }
}

fn make_database(instance: &Instance) -> Result<()> {
    let database = instance.path(DATABASE);
    if database.exists() {
        return Ok(());
    }
    let schema = File::open(SCHEMA).with_context(|| format!("PowerDNS: cannot read {SCHEMA}"))?;
    let unfinished = instance.path("pdns.sqlite3.new");
    let _ = fs::remove_file(&unfinished);
    let made = Command::new("sqlite3")
        .arg("-bail")
        .arg(&unfinished)
        .stdin(schema)
        .output()
        .context("PowerDNS: cannot run sqlite3")?;
    ensure!(
        made.status.success(),
        "PowerDNS: sqlite3 cannot load {SCHEMA}: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    fs::rename(unfinished, database).context("PowerDNS: cannot keep its new database")
}
