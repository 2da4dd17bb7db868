//! The platform: tenants, their tokens, the audit log, and stored answers for repeated requests.

pub mod audit;
pub mod audit_heads;
pub mod idempotency;
pub mod tenants;
pub mod tokens;
