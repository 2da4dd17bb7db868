//! Creates a mail alias of a virtual server that is ours.

use std::{collections::BTreeSet, sync::Arc};

use contracts::gateway::v1;
use model::{
    fault::{Fault, FaultKind},
    fence,
};

use super::find::find;
use crate::{
    panel::{
        aliases::Alias, domains::Domain, faults::Error, programs, reason::Reason, request::Request,
    },
    servers::Server,
    service::{
        Asked, Call, Gateway,
        proof::{Change, prove},
        requests,
    },
};

/// Serves `CreateAlias`.
///
/// # Errors
/// `Invalid` with the field; `Conflict` for an alias that leads elsewhere; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::CreateAliasRequest>,
) -> Result<Alias, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    if message.to.is_empty() {
        return Err(Fault::invalid("to", "is empty; give one address or more"));
    }
    let (program, destination) = match message.from.as_str() {
        "*" => (&programs::aliases::CREATE_CATCH_ALL, "forward"),
        _ => (&programs::aliases::CREATE, "to"),
    };
    let request = Request::on(program, target.domain.as_str())
        .and_then(|it| it.value("from", &message.from))
        .and_then(|it| {
            let to = message.to.iter().map(String::as_str);
            it.values(destination, to).map_err(|refusal| refusal.of("to"))
        })
        .map_err(Error::from)?;
    let v1::CreateAliasRequest { server_id, fence, from, to, .. } = message;
    let asked = Asked { server: &server_id, fence, change: fence::Change::Mail, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        let leads_there = |alias: &Alias| set(&alias.to) == set(&to);
        match find(panel, domain, &from, deadline).await? {
            Some(alias) if leads_there(&alias) => return Ok(alias),
            Some(_) => return Err(elsewhere(&from)),
            None => {}
        }
        let change = Change {
            request,
            there_already: Some(Reason::Exists),
            otherwise: "the alias is not there, or leads elsewhere",
        };
        let look = async || Ok(find(panel, domain, &from, deadline).await?.filter(leads_there));
        prove(panel, change, deadline, look).await
    };
    gateway.change_ours(asked, deadline, work).await
}

fn elsewhere(from: &str) -> Fault {
    let message = format!("the alias {from} exists and leads to other addresses");
    Fault::new(FaultKind::Conflict, message)
}

fn set(addresses: &[String]) -> BTreeSet<&str> {
    addresses.iter().map(String::as_str).collect()
}
