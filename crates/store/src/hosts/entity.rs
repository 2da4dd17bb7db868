//! The table of hosts for sea-orm.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "servers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub name: String,
    pub kind: String,
    pub url: Option<String>,
    pub certificate_sha256: Option<String>,
    pub addresses: Vec<String>,
    pub capacity: i32,
    pub accounts: i32,
    pub tags: Vec<String>,
    pub status: String,
    pub status_reason: Option<String>,
    pub verified_at: Option<TimeDateTimeWithTimeZone>,
    pub reads_per_second: Option<i32>,
    pub mutation_slots: i32,
    pub version: Option<String>,
    pub programs: Vec<String>,
    pub features: Option<Vec<String>>,
    pub php_versions: Option<Vec<String>>,
    pub keeps_quotas: Option<bool>,
    pub without_quotas: String,
    pub fault: Option<Json>,
    pub fault_since: Option<TimeDateTimeWithTimeZone>,
    pub fault_stops: Option<String>,
    pub ssh_host: Option<String>,
    pub ssh_port: Option<i32>,
    pub ssh_user: Option<String>,
    pub ssh_host_keys: Option<Vec<String>>,
    pub break_glass_until: Option<TimeDateTimeWithTimeZone>,
    pub break_glass_reason: Option<String>,
    pub break_glass_by: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
