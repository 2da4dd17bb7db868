//! The table of DNS servers for sea-orm, without the sealed key to their API.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "dns_servers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub name: String,
    pub kind: String,
    pub api_url: String,
    pub nameservers: Vec<String>,
    pub ns_names: Vec<String>,
    pub hostmaster: String,
    pub glue: Json,
    pub secondaries: Vec<String>,
}

impl ActiveModelBehavior for ActiveModel {}
