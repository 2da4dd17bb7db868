//! The platform: tenants, their tokens and publishers, the audit log, keys, and stored answers for repeated requests.

pub mod audit;
pub mod audit_heads;
pub mod idempotency;
mod key_rings;
pub mod publishers;
pub mod sealed_values;
pub mod tenant_quotas;
pub mod tenants;
pub mod tokens;
