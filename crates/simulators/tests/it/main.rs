//! Each simulator, asked what the real product was asked.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod virtualmin;
