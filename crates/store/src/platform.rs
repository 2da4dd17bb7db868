//! The platform: tenants, their tokens and publishers, the audit log, and stored answers for repeated requests.

pub mod audit;
pub mod audit_heads;
pub mod idempotency;
pub mod publishers;
pub mod tenants;
pub mod tokens;
