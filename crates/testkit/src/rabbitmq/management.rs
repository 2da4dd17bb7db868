//! The calls of RabbitMQ's management API that tests and `cargo xtask` need.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::http::client;

/// A call takes milliseconds; a starting broker may let it hang.
const TIMEOUT: Duration = Duration::from_secs(10);

const API: &str = "RabbitMQ's management API";

/// The management API of one broker, documented at its `/api/index.html`. All calls are for the virtual host
/// `/`.
#[derive(Clone, Debug)]
pub struct Management {
    client: Client,
    url: String,
}

#[derive(Deserialize)]
struct Queue {
    name: String,
    /// `None` until the first sample, and while a quorum queue has no leader.
    messages: Option<u64>,
}

/// The rights of a user in the virtual host `/`: patterns of names.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Permissions {
    /// What the user may declare and delete.
    pub configure: String,
    /// What the user may publish to, and bind to a queue of its own.
    pub write: String,
    /// What the user may consume, and bind a queue of its own to.
    pub read: String,
}

/// A file of RabbitMQ's definitions, as far as it says who may do what.
#[derive(Deserialize)]
struct Definitions {
    permissions: Vec<Granted>,
}

#[derive(Deserialize)]
struct Granted {
    user: String,
    #[serde(flatten)]
    permissions: Permissions,
}

#[derive(Deserialize)]
struct Connection {
    name: String,
}

impl Management {
    /// The API at `url`, which holds user and password and no path.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self { client: client(), url: url.trim_end_matches('/').to_owned() }
    }

    /// The number of messages, ready or unacknowledged, in each queue; up to five seconds old.
    ///
    /// A queue without a known depth is left out: a new queue, or one without a leader.
    pub async fn queues(&self) -> Result<BTreeMap<String, u64>> {
        let queues: Vec<Queue> = self.get(&["queues", "/"]).await?.json().await?;
        Ok(queues.into_iter().filter_map(|queue| Some((queue.name, queue.messages?))).collect())
    }

    /// The number of messages in one queue, as in [`Management::queues`].
    pub async fn depth(&self, queue: &str) -> Result<Option<u64>> {
        Ok(self.queues().await?.remove(queue))
    }

    /// Deletes the ready messages of all queues whose name starts with `prefix`.
    pub async fn purge(&self, prefix: &str) -> Result<()> {
        let queues: Vec<Queue> = self.get(&["queues", "/"]).await?.json().await?;
        for name in queues.iter().map(|queue| &queue.name).filter(|name| name.starts_with(prefix)) {
            self.delete(&["queues", "/", name, "contents"]).await?;
        }
        Ok(())
    }

    /// Deletes all queues and exchanges whose name starts with `prefix`, which must not be empty.
    pub async fn delete_all(&self, prefix: &str) -> Result<()> {
        assert!(!prefix.is_empty(), "without a prefix this deletes what other tests use");
        for kind in ["queues", "exchanges"] {
            let names: Vec<Queue> = self.get(&[kind, "/"]).await?.json().await?;
            for name in names.iter().map(|item| &item.name).filter(|name| name.starts_with(prefix))
            {
                self.delete(&[kind, "/", name]).await?;
            }
        }
        Ok(())
    }

    /// Sets a policy by which the broker deletes each queue after being unused for `after`.
    ///
    /// Tests that share a broker leave their queues behind, and thousands of quorum queues slow it down.
    pub async fn expire_unused_queues(&self, after: Duration) -> Result<()> {
        let policy = serde_json::json!({
            "pattern": ".*",
            "definition": { "expires": u64::try_from(after.as_millis()).unwrap_or(u64::MAX) },
            "apply-to": "queues",
        });
        self.put(&["policies", "/", "expire-unused"], &policy).await
    }

    /// Makes a user, or gives one a new password and these rights.
    pub async fn put_user(
        &self,
        name: &str,
        password: &str,
        permissions: &Permissions,
    ) -> Result<()> {
        let user = serde_json::json!({ "password": password, "tags": "" });
        self.put(&["users", name], &user).await?;
        self.put(&["permissions", "/", name], permissions).await
    }

    /// Makes the users of a file of definitions with a password each, and returns their names. Their patterns that begin
    /// with `^praho` get `prefix`, a pattern too, before that.
    pub async fn put_users(
        &self,
        definitions: &Path,
        prefix: &str,
        mut password_of: impl FnMut(&str) -> String,
    ) -> Result<Vec<String>> {
        let text = fs::read_to_string(definitions)
            .with_context(|| format!("cannot read {}", definitions.display()))?;
        let definitions: Definitions = serde_json::from_str(&text)?;
        let mut names = Vec::new();
        for Granted { user, permissions } in definitions.permissions {
            let named = |pattern: &str| pattern.replacen("^praho", &format!("^{prefix}praho"), 1);
            let permissions = Permissions {
                configure: named(&permissions.configure),
                write: named(&permissions.write),
                read: named(&permissions.read),
            };
            self.put_user(&user, &password_of(&user), &permissions).await?;
            names.push(user);
        }
        Ok(names)
    }

    /// Closes every client's connection at once, as a failing network does.
    pub async fn close_connections(&self) -> Result<()> {
        let connections: Vec<Connection> = self.get(&["connections"]).await?.json().await?;
        for connection in connections {
            self.delete(&["connections", &connection.name]).await?;
        }
        Ok(())
    }

    /// Checks that the broker serves AMQP on `port` and that its virtual hosts are up; the error names the
    /// failure.
    pub(super) async fn healthy(&self, port: u16) -> Result<(), String> {
        for check in [format!("port-listener/{port}"), "virtual-hosts".to_owned()] {
            let mut path = vec!["health", "checks"];
            path.extend(check.split('/'));
            self.get(&path).await.map_err(|error| format!("{error:#}"))?;
        }
        Ok(())
    }

    async fn get(&self, path: &[&str]) -> Result<Response> {
        accepted(self.call(Method::GET, path).await?)
    }

    async fn put(&self, path: &[&str], body: &impl Serialize) -> Result<()> {
        let request = self.request(Method::PUT, path)?.json(body);
        let answer = request.send().await.map_err(reqwest::Error::without_url).context(API)?;
        accepted(answer).map(drop)
    }

    /// A missing object counts as deleted.
    async fn delete(&self, path: &[&str]) -> Result<()> {
        let answer = self.call(Method::DELETE, path).await?;
        if answer.status() == StatusCode::NOT_FOUND { Ok(()) } else { accepted(answer).map(drop) }
    }

    async fn call(&self, method: Method, path: &[&str]) -> Result<Response> {
        let request = self.request(method, path)?;
        request.send().await.map_err(reqwest::Error::without_url).context(API)
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder> {
        let mut url = Url::parse(&self.url).context("the management URL is not one")?;
        url.path_segments_mut()
            .map_err(|()| anyhow::anyhow!("the management URL cannot have a path"))?
            .push("api")
            .extend(path);
        Ok(self.client.request(method, url).timeout(TIMEOUT))
    }
}

/// Errors omit the URL, because it holds the password.
fn accepted(answer: Response) -> Result<Response> {
    answer.error_for_status().map_err(reqwest::Error::without_url).context(API)
}
