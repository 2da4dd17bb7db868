//! Stand-ins for the products of others, made after recordings of the real ones.
//!
//! It knows none of our other crates but [`testkit`], so that one misunderstanding cannot hide in
//! both halves.

pub mod virtualmin;
