//! Tests of the chassis from outside: a whole process, and servers and clients over real sockets.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod config;
mod ground;
mod grpc;
mod http;
mod listener;
mod mutual;
mod otlp;
mod ports;
mod process;
mod specimen;
mod tls;
