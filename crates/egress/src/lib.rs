//! The only way out: connections to addresses that a tenant names, such as a panel, a DNS server or a website.
//!
//! A tenant who may register a server may name any address, and a name of his may resolve to any. So an address is judged
//! after it was resolved, and the connection goes to the address that was judged: a name that resolves to another one a moment
//! later leads nowhere else. No redirect is followed and no proxy is used, since both would choose another address.

mod client;
mod networks;
mod policy;
mod question;
mod resolver;
mod resolvers;
mod sockets;

pub use client::{Client, NoClient};
pub use policy::{Egress, Refused};
/// What callers of a [`Client`] need of reqwest. No client can be made with it.
pub use reqwest::{Error, Method, RequestBuilder, Response, Result, StatusCode, header, tls};
pub use resolvers::Resolvers;
