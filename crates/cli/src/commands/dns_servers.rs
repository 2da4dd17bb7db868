//! `praho dns-servers`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use contracts::provisioning::v1::{
    DeleteDnsServerRequest, DnsServer, GetDnsServerRequest, Glue, ListDnsServersRequest,
    RegisterDnsServerRequest, UpdateDnsServerRequest,
};
use model::job::JobStatus;

use super::jobs;
use crate::{
    failure::Failure,
    listing::{self, List},
    options::{Intent, Limit, Wait},
    question::Consent,
    secrets,
    session::Session,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List DNS servers
    List(Limit),
    /// Show a DNS server
    Get {
        /// The DNS server's id or name
        dns_server: String,
    },
    /// Register a DNS server
    Register(Register),
    /// Change a DNS server; what is not given stays, and a job then applies every zone on it
    Update(Update),
    /// Delete a DNS server that no zone uses; its API key is erased
    Delete {
        /// The DNS server's id or name
        dns_server: String,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        intent: Intent,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Register {
    /// Its name: 1 to 63 characters of a-z, 0-9 and hyphen
    name: String,
    #[arg(long, value_name = "URL", help = "Where its API answers, such as http://127.0.0.1:8081")]
    api_url: String,
    /// A file with its API key; without it, the key is read from standard input
    #[arg(long, value_name = "PATH")]
    api_key_file: Option<PathBuf>,
    /// Name servers that must all answer before DNS counts as live
    #[arg(long, value_delimiter = ',', value_name = "HOST:PORT,..", required = true)]
    nameservers: Vec<String>,
    /// Host names in the NS records of zones; the first is the primary name server
    #[arg(long, value_delimiter = ',', value_name = "NAME,..", required = true)]
    ns_names: Vec<String>,
    #[command(flatten)]
    authority: Authority,
    #[command(flatten)]
    intent: Intent,
}

/// What zones say beside their name servers.
#[derive(Args, Debug)]
pub(crate) struct Authority {
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "",
        hide_default_value = true,
        help = "Mail address in the SOA records of zones, such as hostmaster@example.ro"
    )]
    hostmaster: String,
    /// Address of a name server, needed where a zone contains its name; repeatable
    #[arg(long, value_name = "NAME=ADDRESS", value_parser = name_and_address)]
    glue: Vec<(String, String)>,
    /// Secondary name servers, which fetch zones from it and are notified of changes
    #[arg(long, value_delimiter = ',', value_name = "ADDRESS[:PORT],..")]
    secondaries: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Update {
    /// The DNS server's id or name
    dns_server: String,
    /// A new name
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    name: String,
    /// A new URL of its API
    #[arg(long, value_name = "URL", default_value = "", hide_default_value = true)]
    api_url: String,
    /// A file with its new API key
    #[arg(long, value_name = "PATH")]
    api_key_file: Option<PathBuf>,
    /// Name servers that must all answer before DNS counts as live
    #[arg(long, value_delimiter = ',', value_name = "HOST:PORT,..")]
    nameservers: Vec<String>,
    /// Host names in the NS records of zones; the first is the primary name server
    #[arg(long, value_delimiter = ',', value_name = "NAME,..")]
    ns_names: Vec<String>,
    #[command(flatten)]
    authority: Authority,
    /// Remove all secondary name servers
    #[arg(long, conflicts_with = "secondaries")]
    no_secondaries: bool,
    #[command(flatten)]
    intent: Intent,
    #[command(flatten)]
    wait: Wait,
}

fn name_and_address(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').ok_or("give it as ns1.example.ro=192.0.2.53")?;
    Ok((pair.0.to_owned(), pair.1.to_owned()))
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    match command {
        Command::List(limit) => session.output.list(&list(session, limit).await?),
        Command::Get { dns_server } => session.output.one(&find(session, &dns_server).await?),
        Command::Register(register) => register.run(session).await,
        Command::Update(update) => update.run(session).await,
        Command::Delete { dns_server, consent, intent } => {
            if !consent.to(&format!("Delete DNS server {dns_server}?"), session)? {
                return Ok(());
            }
            let request_id = intent.id();
            let request = DeleteDnsServerRequest { request_id: request_id.clone(), id: dns_server };
            let mut servers = session.client.dns_servers();
            let deleted =
                session.client.change(&request_id, servers.delete_dns_server(request)).await?;
            session.output.one(&deleted)
        }
    }
}

async fn find(session: &Session, server: &str) -> Result<DnsServer, Failure> {
    let request = GetDnsServerRequest { id: server.to_owned() };
    session.client.read(session.client.dns_servers().get_dns_server(request)).await
}

async fn list(session: &Session, limit: Limit) -> Result<List<DnsServer>, Failure> {
    listing::all(limit, async |page_size, page_token| {
        let request = ListDnsServersRequest { page_size, page_token };
        let page =
            session.client.read(session.client.dns_servers().list_dns_servers(request)).await?;
        Ok((page.dns_servers, page.next_page_token))
    })
    .await
}

impl Register {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let request_id = self.intent.id();
        let api_key = secrets::read("API key", self.api_key_file.as_deref())?;
        let request = RegisterDnsServerRequest {
            request_id: request_id.clone(),
            name: self.name,
            api_url: self.api_url,
            api_key: api_key.expose().to_owned(),
            nameservers: self.nameservers,
            ns_names: self.ns_names,
            hostmaster: self.authority.hostmaster.clone(),
            glue: self.authority.glue(),
            secondaries: self.authority.secondaries,
        };
        let mut servers = session.client.dns_servers();
        let server =
            session.client.change(&request_id, servers.register_dns_server(request)).await?;
        session.output.one(&server)
    }
}

impl Authority {
    /// The addresses of each name server.
    fn glue(&self) -> Vec<Glue> {
        let mut glue: Vec<Glue> = Vec::new();
        for (name, address) in &self.glue {
            match glue.iter_mut().find(|it| it.name == *name) {
                Some(entry) => entry.addresses.push(address.clone()),
                None => glue.push(Glue { name: name.clone(), addresses: vec![address.clone()] }),
            }
        }
        glue
    }
}

impl Update {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let request_id = self.intent.id();
        let api_key = match &self.api_key_file {
            Some(file) => secrets::read("API key", Some(file))?.expose().to_owned(),
            None => String::new(),
        };
        let request = UpdateDnsServerRequest {
            request_id: request_id.clone(),
            id: find(session, &self.dns_server).await?.id,
            name: self.name,
            api_url: self.api_url,
            api_key,
            nameservers: self.nameservers,
            ns_names: self.ns_names,
            hostmaster: self.authority.hostmaster.clone(),
            glue: self.authority.glue(),
            secondaries: self.authority.secondaries,
            no_secondaries: self.no_secondaries,
        };
        let mut servers = session.client.dns_servers();
        let changed =
            session.client.change(&request_id, servers.update_dns_server(request)).await?;
        let job = changed.job.unwrap_or_default();
        jobs::finish(session, job, self.wait, JobStatus::Completed).await
    }
}
