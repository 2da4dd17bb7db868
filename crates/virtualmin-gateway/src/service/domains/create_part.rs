//! Creates a sub-server or an alias server of a virtual server that is ours.

use std::{collections::BTreeSet, sync::Arc};

use contracts::gateway::v1;
use model::{
    domain::DomainName,
    fault::{Effect, Fault, FaultKind},
    fence,
    plan::Feature,
};

use super::part;
use crate::{
    panel::{
        domains::{Domain, Kind},
        faults::Error,
        programs,
        reason::Reason,
        request::{Refusal, Request},
    },
    servers::Server,
    service::{
        Asked, Call, Gateway,
        proof::{Change, prove},
        requests,
    },
};

/// The part to create.
struct Part {
    name: DomainName,
    kind: Kind,
    features: BTreeSet<Feature>,
}

impl Part {
    /// # Errors
    /// `Invalid`, with the field.
    fn read(message: &v1::CreatePartRequest) -> Result<Self, Fault> {
        let kind = [Kind::SubServer, Kind::Alias]
            .into_iter()
            .find(|it| it.as_str() == message.r#type)
            .ok_or_else(|| Fault::invalid("type", "give sub-server or alias"))?;
        let features = requests::features(&message.features)?;
        if kind == Kind::Alias && features.contains(&Feature::Mysql) {
            return Err(Fault::invalid("features", "an alias server has no databases of its own"));
        }
        if kind == Kind::Alias && features.is_empty() {
            return Err(Fault::invalid(
                "features",
                "give an alias server one of web, ssl, dns and mail",
            ));
        }
        Ok(Self { name: requests::parse("name", &message.name)?, kind, features })
    }

    /// A part has the user of its parent, and a sub-server a home directory below that of its parent.
    fn request(&self, parent: &str, marker: &str) -> Result<Request, Refusal> {
        let request = Request::on(&programs::domains::CREATE, self.name.as_str())?;
        let request = match self.kind {
            Kind::Alias if self.features.contains(&Feature::Mail) => {
                request.value("alias-with-mail", parent)?
            }
            Kind::Alias => request.value("alias", parent)?,
            Kind::TopLevel | Kind::SubServer => request.value("parent", parent)?.switch("dir")?,
        };
        let request = request.value("desc", marker)?;
        let features = self.features.iter().map(|it| it.as_str());
        features.into_iter().try_fold(request, Request::switch)?.switch("no-email")
    }

    /// Checks that it is what was ordered. A repeat would not complete it, because the panel hosts its name already.
    fn check(&self, found: Domain) -> Result<Domain, Fault> {
        let lacks = |feature: &&Feature| !found.features.iter().any(|it| it == feature.as_str());
        let missing: Vec<_> = self.features.iter().filter(lacks).map(|it| it.as_str()).collect();
        let problem = if found.kind != self.kind {
            format!("is of type {}", found.kind.as_str())
        } else if !missing.is_empty() {
            format!("lacks {}", missing.join(", "))
        } else {
            return Ok(found);
        };
        let message = format!("{} is there, but {problem}: delete it first", found.name);
        Err(Fault::new(FaultKind::Refused, message).with_effect(Effect::Applied))
    }
}

/// Serves `CreatePart`.
///
/// # Errors
/// `Invalid` with the field; `Conflict` if the name belongs to something that is not ours; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::CreatePartRequest>,
) -> Result<Domain, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let part = Part::read(&message)?;
    let v1::CreatePartRequest { server_id, fence, marker, .. } = message;
    let request = part.request(target.domain.as_str(), &marker).map_err(Error::from)?;
    let whole = target.clone();
    let asked = Asked { server: &server_id, fence, change: fence::Change::Parts, target };
    let work = async move |server: Arc<Server>, _: Domain| {
        let panel = &server.panel;
        let look = async || {
            let found = part::find(panel, &whole, &part.name, deadline).await?;
            found.map(|it| part.check(it)).transpose()
        };
        if let Some(found) = look().await? {
            return Ok(found);
        }
        let there_already = Some(Reason::AlreadyHosted);
        let change = Change { request, there_already, otherwise: "it does not exist" };
        prove(panel, change, deadline, look).await
    };
    gateway.change_ours(asked, deadline, work).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(kind: &str, features: &[&str]) -> Result<String, Fault> {
        let message = v1::CreatePartRequest {
            name: "Blog.shop.example".to_owned(),
            r#type: kind.to_owned(),
            features: features.iter().map(ToString::to_string).collect(),
            ..v1::CreatePartRequest::default()
        };
        let request = Part::read(&message)?.request("shop.example", "mark");
        Ok(request.map_err(Error::from)?.form())
    }

    #[test]
    fn each_kind_is_asked_for_in_its_own_way() {
        let begin = "program=create-domain&json=1&domain=blog.shop.example";
        for (kind, features, rest) in [
            ("sub-server", &["web"][..], "&parent=shop.example&dir=&desc=mark&web=&no-email="),
            ("sub-server", &[], "&parent=shop.example&dir=&desc=mark&no-email="),
            ("alias", &["web"], "&alias=shop.example&desc=mark&web=&no-email="),
            ("alias", &["mail"], "&alias-with-mail=shop.example&desc=mark&mail=&no-email="),
        ] {
            assert_eq!(form(kind, features).unwrap(), format!("{begin}{rest}"));
        }
    }

    #[test]
    fn what_a_part_cannot_be_is_refused() {
        for (kind, features, field) in [
            ("top-level", &["web"][..], "type"),
            ("alias", &["mysql"], "features"),
            ("alias", &[], "features"),
        ] {
            assert_eq!(form(kind, features).unwrap_err().violations[0].field, field);
        }
    }
}
