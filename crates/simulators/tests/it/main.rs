//! Each simulator answers the recorded requests as the real product did.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod virtualmin;
