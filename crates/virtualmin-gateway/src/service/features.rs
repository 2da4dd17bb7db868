//! The gRPC service `Features`: what a host offers, and what virtual servers that are ours have of it.

use std::sync::Arc;

use contracts::gateway::v1::{self, features_server::Features};
use model::{
    fault::{Fault, FaultKind},
    fence,
};
use tonic::Request;

use super::{
    Asked, Call, Gateway,
    answers::{Answer, answer},
    look,
    proof::{Change, prove},
    requests,
};
use crate::{
    panel::{
        domains::Domain,
        faults::Error,
        features::{self, Feature},
        program::Program,
        programs, request,
    },
    servers::{Purpose, Server},
};

#[tonic::async_trait]
impl Features for Gateway {
    async fn list_features(
        &self,
        request: Request<v1::ListFeaturesRequest>,
    ) -> Answer<v1::ListFeaturesResponse> {
        answer("ListFeatures", list(self, self.receive(request)).await)
    }

    async fn enable_features(
        &self,
        request: Request<v1::EnableFeaturesRequest>,
    ) -> Answer<v1::Domain> {
        let Call { message, deadline } = self.receive(request);
        let v1::EnableFeaturesRequest { server_id, fence, domain, marker, features } = message;
        let ordered = Ordered { server_id, fence, domain, marker, features, on: true };
        answer("EnableFeatures", switch(self, Call { message: ordered, deadline }).await)
    }

    async fn disable_features(
        &self,
        request: Request<v1::DisableFeaturesRequest>,
    ) -> Answer<v1::Domain> {
        let Call { message, deadline } = self.receive(request);
        let v1::DisableFeaturesRequest { server_id, fence, domain, marker, features } = message;
        let ordered = Ordered { server_id, fence, domain, marker, features, on: false };
        answer("DisableFeatures", switch(self, Call { message: ordered, deadline }).await)
    }
}

impl From<Feature> for v1::Feature {
    fn from(Feature { name, description, offered, default }: Feature) -> Self {
        Self { name, description, offered, default }
    }
}

async fn list(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::ListFeaturesRequest>,
) -> Result<v1::ListFeaturesResponse, Fault> {
    let work = async move |server: Arc<Server>| {
        Ok(server.panel.records::<Feature>(&features::listing(), deadline).await?)
    };
    let features = gateway.read(&message.server_id, Purpose::Read, deadline, work).await?;
    Ok(v1::ListFeaturesResponse { features: features.into_iter().map(Into::into).collect() })
}

/// The features to switch, and which way.
struct Ordered {
    server_id: String,
    fence: Option<v1::Fence>,
    domain: String,
    marker: String,
    features: Vec<String>,
    on: bool,
}

/// Switches the features that are not yet as they should be.
///
/// # Errors
/// `Invalid` with the field; `Refused` if the panel passed the virtual server over, since another feature needs or uses
/// these; faults of the panel.
async fn switch(
    gateway: &Gateway,
    Call { message: ordered, deadline }: Call<Ordered>,
) -> Result<Domain, Fault> {
    let target = requests::target(&ordered.domain, &ordered.marker)?;
    let Ordered { server_id, fence, on, .. } = ordered;
    let wanted = requests::features(&ordered.features)?;
    if wanted.is_empty() {
        return Err(Fault::invalid("features", "is empty; give one feature or more"));
    }
    let program: &'static Program = match on {
        true => &programs::domains::ENABLE_FEATURE,
        false => &programs::domains::DISABLE_FEATURE,
    };
    let ours = target.clone();
    let asked = Asked { server: &server_id, fence, change: fence::Change::Features, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let panel = &server.panel;
        let has = |seen: &Domain, name: &str| seen.features.iter().any(|it| it == name);
        let left = wanted.iter().map(|it| it.as_str()).filter(|it| has(&seen, it) != on);
        let left: Vec<&str> = left.collect();
        if left.is_empty() {
            return Ok(seen);
        }
        let request = request::Request::on(program, &seen.name);
        let request =
            left.iter().try_fold(request.map_err(Error::from)?, |it, name| it.switch(name));
        let change = Change {
            request: request.map_err(Error::from)?,
            there_already: None,
            otherwise: "not all features are as they should be",
        };
        let look = async || {
            let seen = look::before(panel, &ours, deadline).await?;
            Ok(seen.filter(|seen| left.iter().all(|it| has(seen, it) == on)))
        };
        prove(panel, change, deadline, look).await.map_err(passed_over)
    };
    gateway.change_ours(asked, deadline, work).await
}

/// The programs tell what another feature needs, or that an alias server uses one, in a step of their own, before they begin
/// (`enable-feature.pl` and `disable-feature.pl` of 8.1.0). No repeat helps against that.
fn passed_over(fault: Fault) -> Fault {
    const WORDS: [&str; 5] = [
        ".. dependency checks failed : ",
        ".. clash detected : ",
        ".. feature being disabled is in use by ",
        ".. the feature ",
        ".. this virtual server will not be updated ",
    ];
    let Some(at) = WORDS.iter().find_map(|words| fault.message.find(words)) else { return fault };
    let words = fault.message[at..].trim_start_matches(". ");
    Fault::new(FaultKind::Refused, format!("the panel refused: {words}"))
}
