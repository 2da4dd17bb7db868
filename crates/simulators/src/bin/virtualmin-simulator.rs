//! The simulated Virtualmin server as a separate program.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Parser;
use simulators::virtualmin::{Control, Options, Simulator, SiteAddresses};
use tokio::signal::unix::{SignalKind, signal};

/// Serves a simulated Virtualmin and prints one line of JSON when it is ready.
#[derive(Parser)]
#[command(name = "praho-virtualmin-simulator")]
struct Arguments {
    /// The HTTPS address of remote.cgi; port 0 is any free port.
    #[arg(long, default_value = "127.0.0.1:10000")]
    listen: SocketAddr,
    /// The address at which the websites of virtual servers answer by HTTP; needs `--sites-https` too.
    #[arg(long, requires = "sites_https")]
    sites_http: Option<SocketAddr>,
    /// The address at which they answer by HTTPS.
    #[arg(long, requires = "sites_http")]
    sites_https: Option<SocketAddr>,
    /// Keeps the state and the certificate across restarts.
    #[arg(long)]
    state_dir: Option<PathBuf>,
    /// The user who may run programs.
    #[arg(long, default_value = "praho")]
    username: String,
    /// A file with that user's password; without it, `SIMULATOR_PASSWORD`.
    #[arg(long)]
    password_file: Option<PathBuf>,
    #[arg(long, env = "SIMULATOR_PASSWORD", hide = true, hide_env_values = true)]
    password: Option<String>,
    /// The host name that `info` reports.
    #[arg(long, default_value = "simulated.test")]
    hostname: String,
    /// Lists no disk quotas, like a host on which they are switched off.
    #[arg(long)]
    no_quotas: bool,
    /// A program that the host lacks; the option may be repeated.
    #[arg(long, value_name = "PROGRAM")]
    without: Vec<String>,
    /// How long each program takes.
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// The delay of the n-th wrong password is n times this.
    #[arg(long, default_value_t = 1000)]
    wrong_password_delay_ms: u64,
    /// The most connections from one address; further ones are reset.
    #[arg(long, default_value_t = 25)]
    connections_per_address: usize,
    /// The address of the control endpoint (plain HTTP, loopback only).
    #[arg(long)]
    control: Option<SocketAddr>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "praho-virtualmin-simulator: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(mut arguments: Arguments) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (listen, no_quotas) = (arguments.control, arguments.no_quotas);
    let without = std::mem::take(&mut arguments.without);
    let simulator = Arc::new(Simulator::start(options(arguments)?).await?);
    simulator.keep_quotas(!no_quotas);
    without.iter().for_each(|program| simulator.uninstall(program));
    let control = match listen {
        Some(listen) if !listen.ip().is_loopback() => {
            bail!("--control {listen} is not a loopback address, and the endpoint has no password")
        }
        Some(listen) => Some(Control::start(Arc::clone(&simulator), listen).await?),
        None => None,
    };
    let ready = serde_json::json!({
        "url": simulator.url(),
        "control": control.as_ref().map(Control::url),
        "certificate_sha256": simulator.certificate_sha256(),
    });
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{ready}").and_then(|()| stdout.flush()).context("saying that it is ready")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

fn options(arguments: Arguments) -> Result<Options> {
    let password = match (arguments.password_file, arguments.password) {
        (Some(path), _) => std::fs::read_to_string(&path)
            .with_context(|| format!("reading {}", path.display()))?
            .trim_end()
            .to_owned(),
        (None, Some(password)) => password,
        (None, None) => bail!("no password: give --password-file or SIMULATOR_PASSWORD"),
    };
    Ok(Options {
        listen: arguments.listen,
        state_directory: arguments.state_dir,
        sites: arguments
            .sites_http
            .zip(arguments.sites_https)
            .map(|(http, https)| SiteAddresses { http, https }),
        username: arguments.username,
        password,
        hostname: arguments.hostname,
        latency: Duration::from_millis(arguments.latency_ms),
        wrong_password_delay: Duration::from_millis(arguments.wrong_password_delay_ms),
        connections_per_address: arguments.connections_per_address,
        ..Options::default()
    })
}
