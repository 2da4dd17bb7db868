//! `model` values as the messages of the public API.

use model::{
    account::Account,
    dns::DnsServer,
    fault::Fault,
    job::{Job, StepRecord},
    plan::Plan,
    quota::Limit,
    server::{Server, Trust},
    service::Service,
};
use time::OffsetDateTime;

use crate::{moment::to_timestamp, provisioning::v1};
