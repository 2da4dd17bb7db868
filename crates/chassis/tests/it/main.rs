//! Tests of the chassis from outside: a whole process, and servers and clients over real sockets.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod config;
mod grpc;
mod http;
mod otlp;
mod process;
mod specimen;
mod tls;
