//! Turns domains and what tenants want of them into messages.

use contracts::{moment::to_timestamp, provisioning::v1};
use model::{
    domain::DomainName,
    domain_claim::{DomainClaim, DomainProof},
};

pub(crate) fn domain(
    domain: &DomainName,
    proof: Option<&DomainProof>,
    claims: &[DomainClaim],
) -> v1::Domain {
    v1::Domain {
        domain: domain.as_str().to_owned(),
        proven_for: proof.map(|it| it.tenant_name.clone()).unwrap_or_default(),
        proof: proof.map(|it| it.how.as_str().to_owned()).unwrap_or_default(),
        proven_at: proof.map(|it| to_timestamp(it.at)),
        claims: claims.iter().map(claim).collect(),
    }
}

fn claim(claim: &DomainClaim) -> v1::DomainClaim {
    v1::DomainClaim {
        tenant_id: claim.tenant_id.to_string(),
        tenant_name: claim.tenant_name.clone(),
        domain: claim.domain.clone(),
        status: claim.status.as_str().to_owned(),
        holds: claim.holds,
        account_status: claim.account.map(|it| it.as_str().to_owned()).unwrap_or_default(),
        created_at: Some(to_timestamp(claim.created_at)),
    }
}
