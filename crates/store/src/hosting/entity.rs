//! The tables of hosting for sea-orm.
//!
//! They leave out sealed columns. Each of those has its own statement, so that no other read fetches or prints it.

/// The table of plans.
pub(crate) mod plan {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "plans")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub tenant_id: Uuid,
        pub name: String,
        pub terms: Json,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The table of services.
pub(crate) mod service {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "services")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub tenant_id: Uuid,
        pub plan_id: Uuid,
        pub domain: String,
        pub external_id: Option<String>,
        pub status: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The table of accounts.
pub(crate) mod account {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "accounts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub tenant_id: Uuid,
        pub service_id: Uuid,
        pub plan_id: Uuid,
        pub server_id: Uuid,
        pub domain: String,
        pub username: Option<String>,
        pub terms: Json,
        pub status: String,
        pub protected: bool,
        pub placement: Json,
        pub site_proof: Option<Json>,
        pub site_proved_at: Option<TimeDateTimeWithTimeZone>,
        pub updated_at: TimeDateTimeWithTimeZone,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
