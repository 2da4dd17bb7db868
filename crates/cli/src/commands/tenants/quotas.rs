//! `praho tenants quotas`.

use clap::{Args, Subcommand};
use contracts::provisioning::v1::{
    GetTenantQuotasRequest, SetTenantQuotasRequest, TenantQuota, TenantQuotas,
};

use crate::{failure::Failure, listing::List, options::Intent, session::Session};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the most that a tenant may have, and how much it has
    Get {
        /// The tenant's id or name
        tenant: String,
    },
    /// Set quotas of a tenant
    Set(Set),
}

#[derive(Args, Debug)]
pub(crate) struct Set {
    /// The tenant's id or name
    tenant: String,
    #[command(flatten)]
    quotas: Quotas,
    #[command(flatten)]
    intent: Intent,
}

/// A number each, or `default` for that of the API's settings
#[derive(Args, Debug)]
#[group(required = true, multiple = true)]
pub(crate) struct Quotas {
    /// Servers
    #[arg(long, value_name = "NUMBER", value_parser = quota)]
    servers: Option<Quota>,
    /// DNS servers
    #[arg(long, value_name = "NUMBER", value_parser = quota)]
    dns_servers: Option<Quota>,
    /// Plans
    #[arg(long, value_name = "NUMBER", value_parser = quota)]
    plans: Option<Quota>,
    /// Tokens that were not revoked and have not expired
    #[arg(long, value_name = "NUMBER", value_parser = quota)]
    tokens: Option<Quota>,
    /// Services that are not terminated
    #[arg(long, value_name = "NUMBER", value_parser = quota)]
    services: Option<Quota>,
    /// Open jobs, beyond which no more can be asked for
    #[arg(long, value_name = "NUMBER", value_parser = quota)]
    open_jobs: Option<Quota>,
    /// Calls of all its tokens in one window of the rate limit, in each process of the API
    #[arg(long, value_name = "NUMBER", value_parser = quota)]
    requests: Option<Quota>,
}

/// A quota to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quota {
    Number(u32),
    Default,
}

fn quota(text: &str) -> Result<Quota, String> {
    if text == "default" {
        return Ok(Quota::Default);
    }
    let number = text.parse().map_err(|_| "give a whole number, or default".to_owned())?;
    Ok(Quota::Number(number))
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    let mut tenants = session.client.tenants();
    let answer = match command {
        Command::Get { tenant: id } => {
            let request = GetTenantQuotasRequest { id };
            session.client.read(tenants.get_tenant_quotas(request)).await?
        }
        Command::Set(Set { tenant, quotas, intent }) => {
            let request_id = intent.id();
            let request = quotas.request(request_id.clone(), tenant);
            session.client.change(&request_id, tenants.set_tenant_quotas(request)).await?
        }
    };
    session.output.list(&whole(answer))
}

fn whole(TenantQuotas { quotas, .. }: TenantQuotas) -> List<TenantQuota> {
    List { items: quotas, next_page_token: String::new() }
}

impl Quotas {
    fn request(self, request_id: String, id: String) -> SetTenantQuotasRequest {
        let mut to_default = Vec::new();
        let mut number = |name: &str, quota| match quota {
            Some(Quota::Number(number)) => Some(number),
            Some(Quota::Default) => {
                to_default.push(name.to_owned());
                None
            }
            None => None,
        };
        let request = SetTenantQuotasRequest {
            request_id,
            id,
            servers: number("servers", self.servers),
            dns_servers: number("dns_servers", self.dns_servers),
            plans: number("plans", self.plans),
            tokens: number("tokens", self.tokens),
            services: number("services", self.services),
            open_jobs: number("open_jobs", self.open_jobs),
            requests: number("requests", self.requests),
            to_default: Vec::new(),
        };
        SetTenantQuotasRequest { to_default, ..request }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_a_number_or_the_default() {
        assert_eq!(quota("0"), Ok(Quota::Number(0)));
        assert_eq!(quota("default"), Ok(Quota::Default));
        for wrong in ["", "-1", "many", "1.5", "4294967296"] {
            assert!(quota(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_what_is_given_changes() {
        let quotas = Quotas {
            servers: Some(Quota::Number(7)),
            dns_servers: None,
            plans: Some(Quota::Default),
            tokens: None,
            services: None,
            open_jobs: Some(Quota::Default),
            requests: None,
        };
        let expected = SetTenantQuotasRequest {
            request_id: "r".to_owned(),
            id: "acme".to_owned(),
            servers: Some(7),
            to_default: vec!["plans".to_owned(), "open_jobs".to_owned()],
            ..SetTenantQuotasRequest::default()
        };
        assert_eq!(quotas.request("r".to_owned(), "acme".to_owned()), expected);
    }
}
