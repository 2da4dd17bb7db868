//! Clients and sockets lead to judged addresses only.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod clients;
mod resolvers;
mod sockets;

use egress::Egress;

/// Public hosts and this machine.
fn local(allow_plaintext: bool) -> Egress {
    Egress::new(["127.0.0.0/8", "::1/128"].map(|it| it.parse().unwrap()), allow_plaintext)
}
