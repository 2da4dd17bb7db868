//! The fields shown of a domain and of what tenants want of it.

use contracts::{
    moment::from_timestamp,
    provisioning::v1::{Domain, DomainClaim},
};

use crate::field::{
    Field,
    Place::{Text, Whole},
    Resource, moment,
};

impl Resource for Domain {
    const PLURAL: &'static str = "domains";

    fn fields(&self) -> Vec<Field> {
        let proven_at = self.proven_at.as_ref().and_then(from_timestamp);
        let mut fields = vec![
            Field::new(Whole, "domain", &self.domain),
            Field::new(Whole, "proven for", &self.proven_for),
            Field::new(Whole, "proof", &self.proof),
            Field::new(Whole, "proven at", moment(proven_at)),
        ];
        fields.extend(self.claims.iter().map(|it| Field::new(Text, "wanted by", claim(it))));
        fields
    }
}

/// Such as `acme: shop.acme.ro, active, account active, since 2026-01-31T08:00:00Z`.
fn claim(claim: &DomainClaim) -> String {
    let account = match claim.account_status.as_str() {
        "" => String::new(),
        status => format!(", account {status}"),
    };
    let lapsed = if claim.holds { "" } else { ", hold lapsed" };
    let since = moment(claim.created_at.as_ref().and_then(from_timestamp));
    let DomainClaim { tenant_name, domain, status, .. } = claim;
    format!("{tenant_name}: {domain}, {status}{account}{lapsed}, since {since}")
}
