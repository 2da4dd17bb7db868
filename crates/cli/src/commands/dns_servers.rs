//! `praho dns-servers`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use contracts::provisioning::v1::{
    DnsServer, GetDnsServerRequest, ListDnsServersRequest, RegisterDnsServerRequest,
};

use crate::{
    failure::Failure,
    listing::{self, is_id, named},
    options::{Intent, Limit},
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
    /// Host names for NS records of new zones
    #[arg(long, value_delimiter = ',', value_name = "NAME,..")]
    ns_names: Vec<String>,
    #[command(flatten)]
    intent: Intent,
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    match command {
        Command::List(Limit { limit }) => session.output.list(&list(session, limit).await?),
        Command::Get { dns_server } => session.output.one(&find(session, &dns_server).await?),
        Command::Register(register) => register.run(session).await,
    }
}

async fn find(session: &Session, server: &str) -> Result<DnsServer, Failure> {
    if !is_id(server) {
        return named("DNS server", server, list(session, None).await?, |it| &it.name);
    }
    let request = GetDnsServerRequest { id: server.to_owned() };
    session.client.read(session.client.dns_servers().get_dns_server(request)).await
}

async fn list(session: &Session, limit: Option<usize>) -> Result<Vec<DnsServer>, Failure> {
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
        };
        let mut servers = session.client.dns_servers();
        let server =
            session.client.change(&request_id, servers.register_dns_server(request)).await?;
        session.output.one(&server)
    }
}
