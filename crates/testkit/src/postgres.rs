//! A private PostgreSQL server, and databases for tests cloned from a template.

mod account;
mod database;
mod statement;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

pub(crate) use self::account::is_root;
pub use self::database::{Database, fresh, with_role};

use self::account::Account;
use crate::authority::Issued;
use crate::environment::write_private;
use crate::eventually::poll;
use crate::instance::Instance;
use crate::ports::free_port;
use crate::process::Process;
use crate::random::password;

const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(30);
const USER: &str = "praho";

/// The data loss that a crash of the machine may cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Durability {
    /// No loss, as in production.
    Durable,
    /// Any loss. Nothing is forced to disk, which makes commits several times faster.
    Fast,
}

/// A private PostgreSQL on a port of 127.0.0.1, with one superuser and a random password.
#[derive(Clone, Debug)]
pub struct Postgres {
    instance: Instance,
    settings: Settings,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Settings {
    port: u16,
    password: String,
    durability: Durability,
}

impl Postgres {
    /// Starts the server in `directory`, which is created if it does not exist. A running server is left
    /// alone.
    pub async fn start(directory: &Path, durability: Durability) -> Result<Self> {
        if let Some(running) = Self::attach(directory) {
            return Ok(running);
        }
        let instance = Instance::new("PostgreSQL", directory)?;
        instance
            .start(async |attempt| {
                let old: Option<Settings> = instance.settings();
                let port = match &old {
                    Some(old) if attempt == 0 => old.port,
                    _ => free_port(),
                };
                let password = old.map_or_else(password, |old| old.password);
                let settings = Settings { port, password, durability };
                instance.save(&settings)?;
                let server = Self { instance: instance.clone(), settings };
                server.initialise()?;
                server.launch().await.map(|()| server)
            })
            .await
    }

    /// The server in `directory`, if it is running.
    #[must_use]
    pub fn attach(directory: &Path) -> Option<Self> {
        let (instance, settings) = Instance::attach("PostgreSQL", directory)?;
        Some(Self { instance, settings })
    }

    /// The URL of the database `postgres`, as superuser.
    #[must_use]
    pub fn admin_url(&self) -> String {
        self.url("postgres")
    }

    /// The URL of a database, as superuser.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let Settings { port, password, .. } = &self.settings;
        format!("postgres://{USER}:{password}@127.0.0.1:{port}/{database}")
    }

    /// Creates the database `name` if it does not exist, and returns its URL. `name` must be a plain
    /// identifier.
    pub async fn create_database(&self, name: &str) -> Result<String> {
        let mut admin = PgConnection::connect(&self.admin_url()).await?;
        let exists: bool =
            sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
                .bind(name)
                .fetch_one(&mut admin)
                .await?;
        if !exists {
            statement::execute(&mut admin, format!("create database \"{name}\"")).await?;
        }
        Ok(self.url(name))
    }

    /// Runs a file of SQL by psql in the database `postgres`, as superuser.
    ///
    /// # Errors
    /// If a statement fails; the error is PostgreSQL's.
    pub async fn run_script(&self, file: &Path) -> Result<()> {
        let Settings { port, password, .. } = &self.settings;
        let mut psql = tokio::process::Command::new(programs()?.join("psql"));
        psql.args(["-q", "-X", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", USER]);
        psql.args(["-d", "postgres", "-p", &port.to_string(), "-f"]).arg(file);
        let outcome = psql.env("PGPASSWORD", password).output().await.context("cannot run psql")?;
        if !outcome.status.success() {
            bail!("{}: {}", file.display(), String::from_utf8_lossy(&outcome.stderr));
        }
        Ok(())
    }

    /// Lets a role log in with this password.
    pub async fn set_password(&self, role: &str, password: &str) -> Result<()> {
        let mut admin = PgConnection::connect(&self.admin_url()).await?;
        let text = format!("alter role \"{role}\" password '{password}'");
        // The error says nothing of the statement, which has the password.
        let set = admin.execute(AssertSqlSafe(text)).await.map(drop);
        set.with_context(|| format!("cannot set the password of the role {role}"))
    }

    /// Offers TLS with this certificate beside plain connections.
    pub async fn offer_tls(&self, issued: &Issued) -> Result<()> {
        let account = Account::for_directory(&self.instance.directory)?;
        for (from, name) in [(&issued.certificate, "server.crt"), (&issued.key, "server.key")] {
            let file = self.data().join(name);
            write_private(&file, &fs::read_to_string(from)?)?;
            account.give(&file)?;
        }
        let mut admin = PgConnection::connect(&self.admin_url()).await?;
        statement::execute(&mut admin, "alter system set ssl = on".to_owned()).await?;
        statement::execute(&mut admin, "select pg_reload_conf()".to_owned()).await
    }

    /// Restarts the server after a fast shutdown, which rolls back open transactions.
    pub async fn restart(&self) -> Result<()> {
        self.stop().await;
        self.instance.start(async |_| self.launch().await).await
    }

    /// Stops the server; the data stay.
    pub async fn stop(&self) {
        for process in self.instance.processes() {
            process.interrupt();
            if !process.gone(STOP).await {
                self.instance.kill().await;
            }
        }
    }

    /// Kills the server as a crash would. [`Postgres::restart`] starts it again with crash recovery.
    pub async fn kill(&self) {
        self.instance.kill().await;
    }

    fn data(&self) -> PathBuf {
        self.instance.path("data")
    }

    fn initialise(&self) -> Result<()> {
        if self.data().join("PG_VERSION").exists() {
            return Ok(());
        }
        let account = Account::for_directory(&self.instance.directory)?;
        // A data directory without PG_VERSION is left from an interrupted initdb.
        let _ = fs::remove_dir_all(self.data());
        fs::create_dir(self.data())?;
        fs::set_permissions(self.data(), fs::Permissions::from_mode(0o700))?;
        account.give(&self.data())?;
        let password_file = self.instance.path("password");
        write_private(&password_file, &self.settings.password)?;
        account.give(&password_file)?;

        let mut initdb = account.command(&programs()?.join("initdb"));
        initdb.arg("-D").arg(self.data()).arg(format!("--pwfile={}", password_file.display()));
        initdb.args(["-U", USER, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8"]);
        if self.settings.durability == Durability::Fast {
            initdb.arg("--no-sync");
        }
        let outcome = initdb.current_dir("/").output().context("PostgreSQL: cannot run initdb")?;
        fs::remove_file(password_file)?;
        let mut log = OpenOptions::new().create(true).append(true).open(self.instance.log())?;
        log.write_all(&outcome.stdout)?;
        log.write_all(&outcome.stderr)?;
        if !outcome.status.success() {
            bail!(self.instance.failure("cannot make its data directory"));
        }
        Ok(())
    }

    /// Removes a stale `postmaster.pid` before a start after a crash.
    ///
    /// PostgreSQL takes the pid in this file for a running server, even if that process is a zombie. A zombie
    /// may stay long where the machine's first process does not collect orphans. The file is removed only
    /// when no process has the data directory as its working directory, as all processes of the old server
    /// have.
    async fn forget_the_dead(&self) -> Result<()> {
        let data = self.data();
        let gone = async || {
            let mut processes = fs::read_dir("/proc").into_iter().flatten().flatten();
            let works_there = |process: fs::DirEntry| {
                fs::read_link(process.path().join("cwd")).is_ok_and(|folder| folder == data)
            };
            if processes.any(works_there) { Err(()) } else { Ok(()) }
        };
        if poll(STOP, gone).await.is_err() {
            bail!(self.instance.failure("has processes of an earlier start that do not end"));
        }
        let file = data.join("postmaster.pid");
        if file.exists() {
            fs::remove_file(file)?;
        }
        Ok(())
    }

    async fn launch(&self) -> Result<()> {
        self.forget_the_dead().await?;
        let account = Account::for_directory(&self.instance.directory)?;
        let mut command = account.command(&programs()?.join("postgres"));
        command.arg("-D").arg(self.data()).current_dir("/");
        for setting in self.configuration() {
            command.arg("-c").arg(setting);
        }
        let process = Process::spawn(&mut command, &self.instance.log())
            .context("PostgreSQL: cannot start postgres")?;
        self.instance.record(&[process])?;
        self.instance
            .ready(process, START, async || {
                let connection = PgConnection::connect(&self.admin_url()).await;
                connection.map(drop).map_err(|error| error.to_string())
            })
            .await
    }

    fn configuration(&self) -> Vec<String> {
        let mut settings = vec![
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={}", self.settings.port),
            "unix_socket_directories=".to_owned(),
            "max_connections=300".to_owned(),
        ];
        if self.settings.durability == Durability::Fast {
            let off = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
            settings.extend(off.map(str::to_owned));
        }
        settings
    }
}

/// The folder with the programs of the newest PostgreSQL, as Debian's packages install it; version 15 at
/// least.
pub fn programs() -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions
        .filter_map(|version| version.file_name().to_str()?.parse::<u32>().ok())
        .filter(|version| *version >= 15)
        .map(|version| (version, PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"))))
        .filter(|(_, programs)| programs.join("initdb").exists())
        .max()
        .map(|(_, programs)| programs)
        .ok_or_else(|| {
            anyhow!("PostgreSQL 15 or later is not installed (Debian package postgresql)")
        })
}
