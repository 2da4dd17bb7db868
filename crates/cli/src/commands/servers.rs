//! `praho servers`.

use std::path::PathBuf;

use clap::{Args, Subcommand, builder::PossibleValuesParser};
use contracts::provisioning::v1::{
    DeleteServerRequest, GetServerRequest, ListServersRequest, RegisterServerRequest,
    ReleaseServerUrlRequest, Server, SetServerStatusRequest, UpdateServerRequest,
    VerifyServerRequest,
};
use model::{
    job::{JobKind, JobStatus},
    server::{ServerStatus, WithoutQuotas},
};

mod shell;

use super::jobs;
use crate::{
    failure::Failure,
    listing::{self, List},
    options::{Intent, Limit, Wait},
    question::Consent,
    secrets,
    session::Session,
    waiting,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List servers
    List(Limit),
    /// Show a server
    Get {
        /// The server's id or name
        server: String,
    },
    /// Register a Virtualmin host; it takes accounts after a job has verified it
    Register(Register),
    /// Change a server; what is not given stays. If it is reached otherwise, a job verifies it
    Update(Update),
    /// Delete a server without accounts; its credentials are erased
    Delete {
        /// The server's id or name
        server: String,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        intent: Intent,
    },
    /// Verify a server's certificate and credentials again
    Verify {
        /// The server's id or name
        server: String,
        #[command(flatten)]
        intent: Intent,
        #[command(flatten)]
        wait: Wait,
    },
    /// Make the verified server with a URL unverified, whosever it is; for owners of the platform's tenant
    ReleaseUrl {
        /// The URL of the panel
        #[arg(value_name = "URL")]
        panel: String,
        /// Why, for the audit log
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        intent: Intent,
    },
    /// The way to a server's shell by SSH, for when its panel does not answer
    #[command(subcommand)]
    Ssh(shell::Command),
    /// Let a server be called over SSH for a time while its panel does not answer
    BreakGlass(shell::BreakGlass),
    /// Take a server out of service, or return it to service
    SetStatus {
        /// The server's id or name
        server: String,
        /// active; draining: keeps its accounts, takes no more; maintenance: is not checked for health or drift either
        #[arg(value_parser = PossibleValuesParser::new(BY_HAND.map(ServerStatus::as_str)))]
        status: String,
        /// Shown beside the status; up to 200 characters
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        reason: String,
        #[command(flatten)]
        intent: Intent,
    },
}

/// The statuses that a person can set; the others follow from a server's checks.
const BY_HAND: [ServerStatus; 3] =
    [ServerStatus::Active, ServerStatus::Draining, ServerStatus::Maintenance];

#[derive(Args, Debug)]
pub(crate) struct Register {
    /// Its name: 1 to 63 characters of a-z, 0-9 and hyphen
    name: String,
    // The option cannot be --url, which is the API's address.
    #[arg(
        long,
        value_name = "URL",
        help = "Where its panel answers, such as https://vm1.example.ro:10000"
    )]
    server_url: String,
    /// The user name on the panel
    #[arg(long, value_name = "NAME")]
    username: String,
    /// A file with the user's password; without it, the password is read from standard input
    #[arg(long, value_name = "PATH")]
    password_file: Option<PathBuf>,
    /// SHA-256 of the certificate in DER form
    #[arg(long, value_name = "HEX", required_unless_present = "trust_system_authorities")]
    certificate_sha256: Option<String>,
    /// Trust the system's certificate authorities instead of one certificate
    #[arg(long, conflicts_with = "certificate_sha256")]
    trust_system_authorities: bool,
    /// The addresses of its sites
    #[arg(long, value_delimiter = ',', value_name = "ADDRESS,..", required = true)]
    ip_addresses: Vec<String>,
    /// The largest number of accounts
    #[arg(long, value_name = "NUMBER")]
    capacity: u32,
    /// Tags that plans may require
    #[arg(long, value_delimiter = ',', value_name = "TAG,..")]
    tags: Vec<String>,
    /// Reading calls a second that the server bears; 0 means the gateway's pace for every server
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    reads_per_second: u32,
    /// Plans with a limit on disk space while the host keeps no quotas: refuse them, or accept that nobody enforces it
    #[arg(long, value_parser = PossibleValuesParser::new(WithoutQuotas::ALL.map(WithoutQuotas::as_str)))]
    #[arg(default_value = WithoutQuotas::default().as_str())]
    without_quotas: String,
    #[command(flatten)]
    intent: Intent,
    #[command(flatten)]
    wait: Wait,
}

#[derive(Args, Debug)]
pub(crate) struct Update {
    /// The server's id or name
    server: String,
    /// A new name
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    name: String,
    // The option cannot be --url, which is the API's address.
    #[arg(
        long,
        value_name = "URL",
        default_value = "",
        hide_default_value = true,
        help = "Where its panel answers now"
    )]
    server_url: String,
    /// Another user name on the panel
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    username: String,
    /// A file with the user's new password
    #[arg(long, value_name = "PATH")]
    password_file: Option<PathBuf>,
    /// SHA-256 of its new certificate in DER form
    #[arg(long, value_name = "HEX", default_value = "", hide_default_value = true)]
    certificate_sha256: String,
    /// Trust the system's certificate authorities instead of one certificate
    #[arg(long, conflicts_with = "certificate_sha256")]
    trust_system_authorities: bool,
    /// The addresses of its sites, for accounts from now on
    #[arg(long, value_delimiter = ',', value_name = "ADDRESS,..")]
    ip_addresses: Vec<String>,
    /// The largest number of accounts
    #[arg(long, value_name = "NUMBER", default_value_t = 0, hide_default_value = true)]
    capacity: u32,
    /// Tags that plans may require
    #[arg(long, value_delimiter = ',', value_name = "TAG,..")]
    tags: Vec<String>,
    /// Remove all tags
    #[arg(long, conflicts_with = "tags")]
    no_tags: bool,
    /// Reading calls a second that the server bears
    #[arg(long, value_name = "NUMBER", default_value_t = 0, hide_default_value = true)]
    reads_per_second: u32,
    /// Changes at a time; leave it at one unless you are sure that the panel bears more
    #[arg(long, value_name = "NUMBER", default_value_t = 0, hide_default_value = true)]
    mutation_slots: u32,
    /// Plans with a limit on disk space while the host keeps no quotas: refuse them, or accept that nobody enforces it
    #[arg(long, value_parser = PossibleValuesParser::new(WithoutQuotas::ALL.map(WithoutQuotas::as_str)))]
    without_quotas: Option<String>,
    #[command(flatten)]
    intent: Intent,
    #[command(flatten)]
    wait: Wait,
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    match command {
        Command::List(limit) => session.output.list(&list(session, limit).await?),
        Command::Get { server } => session.output.one(&find(session, &server).await?),
        Command::Register(register) => register.run(session).await,
        Command::Update(update) => update.run(session).await,
        Command::Delete { server, consent, intent } => {
            if !consent.to(&format!("Delete server {server}?"), session)? {
                return Ok(());
            }
            let request_id = intent.id();
            let request = DeleteServerRequest { request_id: request_id.clone(), id: server };
            let mut servers = session.client.servers();
            let deleted =
                session.client.change(&request_id, servers.delete_server(request)).await?;
            session.output.one(&deleted)
        }
        Command::Verify { server, intent, wait } => verify(session, server, intent, wait).await,
        Command::ReleaseUrl { panel, reason, intent } => {
            let request_id = intent.id();
            let request =
                ReleaseServerUrlRequest { request_id: request_id.clone(), url: panel, reason };
            let mut servers = session.client.servers();
            let released = servers.release_server_url(request);
            session.output.one(&session.client.change(&request_id, released).await?)
        }
        Command::Ssh(command) => shell::run(command, session).await,
        Command::BreakGlass(allowed) => allowed.run(session).await,
        Command::SetStatus { server, status, reason, intent } => {
            let request_id = intent.id();
            let request = SetServerStatusRequest {
                request_id: request_id.clone(),
                id: server,
                status,
                reason,
            };
            let mut servers = session.client.servers();
            let server =
                session.client.change(&request_id, servers.set_server_status(request)).await?;
            session.output.one(&server)
        }
    }
}

/// The server with this id or name.
pub(crate) async fn find(session: &Session, server: &str) -> Result<Server, Failure> {
    let request = GetServerRequest { id: server.to_owned() };
    session.client.read(session.client.servers().get_server(request)).await
}

async fn list(session: &Session, limit: Limit) -> Result<List<Server>, Failure> {
    listing::all(limit, async |page_size, page_token| {
        let request = ListServersRequest { page_size, page_token };
        let page = session.client.read(session.client.servers().list_servers(request)).await?;
        Ok((page.servers, page.next_page_token))
    })
    .await
}

async fn verify(session: &Session, id: String, intent: Intent, wait: Wait) -> Result<(), Failure> {
    let request_id = intent.id();
    let request = VerifyServerRequest { request_id: request_id.clone(), id };
    let mut servers = session.client.servers();
    let job = session.client.change(&request_id, servers.verify_server(request)).await?;
    jobs::finish(session, job, wait, JobStatus::Completed).await
}

impl Register {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let request_id = self.intent.id();
        let password = secrets::read("password", self.password_file.as_deref())?;
        let request = RegisterServerRequest {
            request_id: request_id.clone(),
            name: self.name,
            url: self.server_url,
            username: self.username,
            password: password.expose().to_owned(),
            certificate_sha256: self.certificate_sha256.unwrap_or_default(),
            trust_system_authorities: self.trust_system_authorities,
            ip_address: String::new(),
            ip_addresses: self.ip_addresses,
            capacity: self.capacity,
            tags: self.tags,
            reads_per_second: self.reads_per_second,
            without_quotas: self.without_quotas,
        };
        let mut servers = session.client.servers();
        let server = session.client.change(&request_id, servers.register_server(request)).await?;
        // The answer has only the server. Its newest verification is the one just filed.
        let target = format!("server/{}", server.id);
        let job = jobs::newest(session, &target, JobKind::ServerVerify.as_str()).await?;
        let Some(job) = job.filter(|_| self.wait.wait) else {
            session.output.note(&format!(
                "praho servers verify {} --wait shows its verification",
                server.name
            ));
            return session.output.one(&server);
        };
        let job = waiting::watch(session, &job.id, self.wait.patience.limit()).await?;
        session.output.one(&find(session, &server.id).await?)?;
        waiting::verdict(&job, JobStatus::Completed)
    }
}

impl Update {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let request_id = self.intent.id();
        let password = match &self.password_file {
            Some(file) => secrets::read("password", Some(file))?.expose().to_owned(),
            None => String::new(),
        };
        let request = UpdateServerRequest {
            request_id: request_id.clone(),
            id: self.server,
            name: self.name,
            url: self.server_url,
            username: self.username,
            password,
            certificate_sha256: self.certificate_sha256,
            trust_system_authorities: self.trust_system_authorities,
            ip_addresses: self.ip_addresses,
            capacity: self.capacity,
            tags: self.tags,
            no_tags: self.no_tags,
            reads_per_second: self.reads_per_second,
            without_quotas: self.without_quotas.unwrap_or_default(),
            mutation_slots: self.mutation_slots,
        };
        let mut servers = session.client.servers();
        let changed = session.client.change(&request_id, servers.update_server(request)).await?;
        match changed.job {
            Some(job) => jobs::finish(session, job, self.wait, JobStatus::Completed).await,
            None => session.output.one(&changed.server.unwrap_or_default()),
        }
    }
}
