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

#[cfg(test)]
mod tests {
    use contracts::moment::to_timestamp;
    use time::OffsetDateTime;

    use super::*;

    #[test]
    fn a_domain_shows_who_wants_it_since_when_and_with_what_right() {
        let since = Some(to_timestamp(OffsetDateTime::UNIX_EPOCH));
        let sold = DomainClaim {
            tenant_name: "acme".to_owned(),
            domain: "shop.acme.ro".to_owned(),
            status: "created".to_owned(),
            created_at: since,
            ..DomainClaim::default()
        };
        let (status, account_status) = ("active".to_owned(), "suspended".to_owned());
        let live = DomainClaim { status, account_status, holds: true, ..sold.clone() };
        let domain = Domain { claims: vec![sold, live], ..Domain::default() };
        let fields = domain.fields().into_iter().filter(|it| it.name == "wanted by");
        let values: Vec<_> = fields.map(|it| it.value).collect();
        let [lapsed, holding] = &*values else { panic!("{values:?}") };
        assert_eq!(lapsed, "acme: shop.acme.ro, created, hold lapsed, since 1970-01-01T00:00:00Z");
        assert_eq!(
            holding,
            "acme: shop.acme.ro, active, account suspended, since 1970-01-01T00:00:00Z"
        );
    }
}
