//! Handlers of domains that several tenants want: the platform's owners see who wants one, and decide.

use contracts::provisioning::v1;
use model::{domain::DomainName, fault::Fault};
use serde_json::json;
use store::Tx;

use super::tenants;
use crate::{
    caller::{Api, Caller},
    idempotency::{Intent, once},
    present,
    validation::{self, Form},
};

pub(crate) async fn get_domain(
    api: Api,
    _caller: Caller,
    request: v1::GetDomainRequest,
) -> Result<v1::Domain, Fault> {
    let domain: DomainName = request.id.parse().map_err(|it| Fault::invalid("id", it))?;
    shown(&api, &api.store.begin().await?, &domain).await
}

pub(crate) async fn assign_domain(
    api: Api,
    caller: Caller,
    request: v1::AssignDomainRequest,
) -> Result<v1::Domain, Fault> {
    let mut form = Form::default();
    let domain = form.read("id", validation::domain(&api.suffixes, &request.id));
    let reason = form.read("reason", validation::decision(&request.reason));
    if request.tenant_id.is_empty() {
        form.add("tenant_id", "is missing; give the id or the name of a tenant");
    }
    let (Some(domain), Some(reason), true) = (domain, reason, form.is_good()) else {
        return Err(form.fault());
    };
    let tenant = tenants::find(&api, &caller, "tenant_id", &request.tenant_id).await?;
    let intent = Intent { operation: "domain.assign", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        tx.lock_registered_domain(api.suffixes.registered(&domain)).await?;
        let before = tx.domain_proof(&domain).await?;
        tx.assign_domain(tenant.id, &domain).await?;
        let detail = json!({
            "tenant_id": tenant.id, "reason": reason,
            "before": before.map(|it| json!({ "tenant_id": it.tenant_id, "how": it.how })),
        });
        let target = domain.target();
        tx.audit(caller.tenant_id, &caller.origin(), "domain.assign", &target, detail).await?;
        shown(&api, tx, &domain).await
    })
    .await
}

async fn shown(api: &Api, tx: &Tx, domain: &DomainName) -> Result<v1::Domain, Fault> {
    let proof = tx.domain_proof(domain).await?;
    let claims = tx.domain_claims(domain, api.hold_days).await?;
    Ok(present::domain(domain, proof.as_ref(), &claims))
}
