//! The fields shown of tenants, their quotas, tokens and publishers.

use contracts::{
    moment::from_timestamp,
    provisioning::v1::{CreatedToken, Publisher, Tenant, TenantQuota, Token},
};

use crate::field::{
    Field,
    Place::{Detail, Extra, Text, Whole, Wide},
    Resource, moment,
};

impl Resource for Tenant {
    const PLURAL: &'static str = "tenants";

    fn fields(&self) -> Vec<Field> {
        let created = self.created_at.as_ref().and_then(from_timestamp);
        vec![
            Field::new(Text, "name", &self.name),
            Field::new(Wide, "id", &self.id),
            Field::new(Whole, "platform", if self.platform { "yes" } else { "no" }),
            Field::new(Extra, "created", moment(created)),
        ]
    }
}

impl Resource for TenantQuota {
    const PLURAL: &'static str = "quotas";

    fn fields(&self) -> Vec<Field> {
        let used = match (self.used, self.uses_more) {
            (Some(used), true) => format!("more than {used}"),
            (Some(used), false) => used.to_string(),
            (None, _) => String::new(),
        };
        vec![
            Field::new(Whole, "quota", &self.name),
            Field::new(Whole, "most", self.quota.to_string()),
            Field::new(Whole, "default", if self.is_default { "yes" } else { "no" }),
            Field::new(Whole, "used", used),
        ]
    }
}

impl Resource for Token {
    const PLURAL: &'static str = "tokens";

    fn fields(&self) -> Vec<Field> {
        let created = self.created_at.as_ref().and_then(from_timestamp);
        let expires = self.expires_at.as_ref().and_then(from_timestamp);
        let revoked = self.revoked_at.as_ref().and_then(from_timestamp);
        vec![
            Field::new(Whole, "id", &self.id),
            Field::new(Text, "name", &self.name),
            Field::new(Whole, "role", &self.role),
            Field::new(Whole, "revoked", if revoked.is_some() { "yes" } else { "" }),
            Field::new(Extra, "expires", moment(expires)),
            Field::new(Extra, "created", moment(created)),
            Field::new(Detail, "tenant", &self.tenant_id),
            Field::new(Detail, "revoked at", moment(revoked)),
        ]
    }
}

impl Resource for Publisher {
    const PLURAL: &'static str = "publishers";

    fn fields(&self) -> Vec<Field> {
        let created = self.created_at.as_ref().and_then(from_timestamp);
        vec![
            Field::new(Text, "user", &self.user_name),
            Field::new(Whole, "role", &self.role),
            Field::new(Whole, "tenant", &self.tenant_id),
            Field::new(Wide, "id", &self.id),
            Field::new(Extra, "created", moment(created)),
        ]
    }
}

impl Resource for CreatedToken {
    const PLURAL: &'static str = "tokens";

    fn fields(&self) -> Vec<Field> {
        let mut fields = self.token.clone().unwrap_or_default().fields();
        fields.push(Field::new(Whole, "secret", &self.secret));
        fields
    }
}
