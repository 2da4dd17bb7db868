//! A private OpenSSH server on a free port of 127.0.0.1, which lets the present user in by one key.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::environment::write_private;
use crate::instance::Instance;
use crate::ports::free_port;
use crate::postgres::is_root;
use crate::process::Process;

const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(10);

/// Of Debian's package `openssh-server`.
pub(crate) const PROGRAM: &str = "/usr/sbin/sshd";
/// Where `sshd` keeps its unprivileged part if root runs it; Debian's service makes the folder at its start.
const PRIVILEGE_SEPARATION: &str = "/run/sshd";

const HOST_KEY: &str = "host_key";
const USER_KEY: &str = "user_key";

/// A private `sshd` with a host key, an authorized key and a configuration of its own.
#[derive(Clone, Debug)]
pub struct OpenSsh {
    instance: Instance,
    settings: Settings,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Settings {
    port: u16,
    user: String,
    environment: Vec<(String, String)>,
}

impl OpenSsh {
    /// Starts the server in `directory`, which is created if it does not exist. A running server is left alone.
    ///
    /// Each command that it runs gets `environment`, in which `PATH` names the folders of the commands.
    ///
    /// # Errors
    /// If it does not start; the error shows the end of its log.
    pub async fn start(directory: &Path, environment: &[(&str, String)]) -> Result<Self> {
        if let Some((instance, settings)) = Instance::attach("OpenSSH", directory) {
            return Ok(Self { instance, settings });
        }
        let instance = Instance::new("OpenSSH", directory)?;
        for name in [HOST_KEY, USER_KEY] {
            make_key(&instance.path(name))?;
        }
        if is_root() {
            fs::create_dir_all(PRIVILEGE_SEPARATION)
                .with_context(|| format!("OpenSSH: cannot make {PRIVILEGE_SEPARATION}"))?;
        }
        let environment: Vec<_> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let user = present_user()?;
        instance
            .start(async |_| {
                let settings = Settings {
                    port: free_port(),
                    user: user.clone(),
                    environment: environment.clone(),
                };
                instance.save(&settings)?;
                let server = Self { instance: instance.clone(), settings };
                server.launch().await.map(|()| server)
            })
            .await
    }

    /// The address of the server.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.settings.port).into()
    }

    /// The user who is let in: the one who runs the test.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.settings.user
    }

    /// The private key that is let in, in OpenSSH's format.
    ///
    /// # Errors
    /// If its file cannot be read.
    pub fn private_key(&self) -> Result<String> {
        read(&self.instance.path(USER_KEY))
    }

    /// Another private key in OpenSSH's format, which is not let in.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn strange_key(&self) -> Result<String> {
        let path = self.instance.path("strange_key");
        make_key(&path)?;
        read(&path)
    }

    /// The fingerprint of the host key, as `ssh-keygen -l` shows it: `SHA256:` and Base64.
    ///
    /// # Errors
    /// If `ssh-keygen` cannot tell.
    pub fn fingerprint(&self) -> Result<String> {
        let shown = keygen(&["-l", "-E", "sha256", "-f"], &self.instance.path(HOST_KEY))?;
        let fingerprint = shown.split_whitespace().nth(1);
        Ok(fingerprint.context("OpenSSH: ssh-keygen shows no fingerprint")?.to_owned())
    }

    /// Restarts the server with another host key, as after an installation of its system anew.
    ///
    /// # Errors
    /// If it does not start again.
    pub async fn change_host_key(&self) -> Result<()> {
        self.stop().await;
        // `ssh-keygen` asks before it replaces a key.
        fs::remove_file(self.instance.path(HOST_KEY))?;
        make_key(&self.instance.path(HOST_KEY))?;
        self.instance.start(async |_| self.launch().await).await
    }

    /// Stops the server; connections that are open end by themselves.
    pub async fn stop(&self) {
        for process in self.instance.processes() {
            process.stop(STOP).await;
        }
    }

    async fn launch(&self) -> Result<()> {
        let directory = &self.instance.directory;
        let file = directory.join("sshd_config");
        write_private(&file, &self.configuration())?;
        fs::copy(directory.join(format!("{USER_KEY}.pub")), directory.join("authorized_keys"))?;
        // `-D` stays in the foreground, and `-e` writes to the log.
        let mut command = Command::new(PROGRAM);
        command.args(["-D", "-e", "-f"]).arg(&file).current_dir(directory);
        let process = Process::spawn(&mut command, &self.instance.log())
            .with_context(|| format!("OpenSSH: cannot start {PROGRAM}"))?;
        self.instance.record(&[process])?;
        let greets = async || -> std::io::Result<bool> {
            let mut greeting = [0; 4];
            TcpStream::connect(self.address()).await?.read_exact(&mut greeting).await?;
            Ok(greeting == *b"SSH-")
        };
        self.instance
            .ready(process, START, async || match greets().await {
                Ok(true) => Ok(()),
                Ok(false) => Err("another protocol".to_owned()),
                Err(error) => Err(error.to_string()),
            })
            .await
    }

    /// The settings are those of `sshd_config(5)`. Paths are quoted, since a folder's name may have a space.
    fn configuration(&self) -> String {
        let Settings { port, user, environment } = &self.settings;
        let directory = self.instance.directory.display();
        let mut text = format!(
            "ListenAddress 127.0.0.1:{port}
HostKey \"{directory}/{HOST_KEY}\"
AuthorizedKeysFile \"{directory}/authorized_keys\"
AllowUsers {user}
AuthenticationMethods publickey
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
PidFile none
LogLevel VERBOSE
MaxStartups 100
MaxSessions 100
X11Forwarding no
PrintMotd no
Subsystem sftp internal-sftp
"
        );
        // `sshd` heeds the first such line only.
        let variables: Vec<_> =
            environment.iter().map(|(name, value)| format!("\"{name}={value}\"")).collect();
        if !variables.is_empty() {
            text.push_str(&format!("SetEnv {}\n", variables.join(" ")));
        }
        text
    }
}

/// Makes a key without a passphrase, unless the file is there.
fn make_key(path: &Path) -> Result<()> {
    match path.exists() {
        true => Ok(()),
        false => keygen(&["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"], path).map(drop),
    }
}

fn keygen(arguments: &[&str], path: &Path) -> Result<String> {
    let output = Command::new("ssh-keygen")
        .args(arguments)
        .arg(path)
        .output()
        .context("OpenSSH: cannot run ssh-keygen")?;
    ensure!(
        output.status.success(),
        "OpenSSH: ssh-keygen fails: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn present_user() -> Result<String> {
    let output = Command::new("id").arg("-un").output().context("OpenSSH: cannot run id")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("OpenSSH: cannot read {}", path.display()))
}
