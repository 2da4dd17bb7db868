//! Simulators of products from other vendors, made after recordings of the real ones.
//!
//! The crate depends on none of our other crates except [`testkit`], so that one misunderstanding cannot be in a
//! client and in its simulator.

pub mod virtualmin;
