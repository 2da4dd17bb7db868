//! The broker's users: one for each service that uses it, and one that publishes commands.

use std::collections::HashMap;

use anyhow::{Context, Result};
use testkit::rabbitmq::{Management, Permissions};
use testkit::{Servers, password};

use crate::cargo::workspace;
use crate::login::as_user;

/// The user of a billing system, whose commands act for the demonstration's tenant.
pub(crate) const PUBLISHER: &str = "billing";

/// The URLs of the broker, one for each user.
pub(crate) struct Broker(HashMap<String, String>);

impl Broker {
    /// Makes the users of the services as `deploy/broker.json` says, and the publisher, with new passwords.
    pub(crate) async fn create(servers: &Servers) -> Result<Self> {
        let management = Management::new(&servers.management_url);
        let mut passwords = HashMap::new();
        let mut password_of =
            |user: &str| passwords.entry(user.to_owned()).or_insert_with(password).clone();
        let file = workspace().join("deploy/broker.json");
        management.put_users(&file, "", &mut password_of).await?;
        // It publishes commands, and receives events in queues of its own.
        let publishes = Permissions {
            configure: format!(r"^{PUBLISHER}\."),
            write: format!(r"^(praho\.commands$|{PUBLISHER}\.)"),
            read: format!(r"^(praho\.events$|{PUBLISHER}\.)"),
        };
        management.put_user(PUBLISHER, &password_of(PUBLISHER), &publishes).await?;
        // The services use TLS if the broker takes it.
        let base = servers.amqps_url.as_ref().unwrap_or(&servers.amqp_url);
        let url_of = |(user, password): (String, String)| {
            Ok((user.clone(), as_user(base, &user, &password)?))
        };
        let urls = passwords.into_iter().map(url_of).collect::<Result<_>>()?;
        Ok(Self(urls))
    }

    /// The URL for a user.
    ///
    /// # Errors
    /// If there is no such user.
    pub(crate) fn url(&self, user: &str) -> Result<&str> {
        Ok(self.0.get(user).with_context(|| format!("the broker has no user {user}"))?)
    }
}
