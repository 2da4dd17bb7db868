//! The calls of PRAHO's REST interface that `up` makes as an ordinary client.

use std::fmt::Debug;

use anyhow::{Context, Result, bail};
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

/// A client of PRAHO's REST interface with a tenant's token.
pub(crate) struct Rest {
    client: Client,
    url: String,
    token: String,
}

impl Rest {
    /// `url` has no path.
    pub(crate) fn new(client: Client, url: &str, token: &str) -> Self {
        Self { client, url: format!("{url}/api/v1"), token: token.to_owned() }
    }

    /// Gets `path`, such as `/accounts`.
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        self.send("GET", path, self.client.get(format!("{}{path}", self.url))).await
    }

    /// Posts to `path` under a new idempotency key.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self
            .client
            .post(format!("{}{path}", self.url))
            .header("Idempotency-Key", uuid::Uuid::new_v4().to_string())
            .json(body);
        self.send("POST", path, request).await
    }

    async fn send(&self, method: &str, path: &str, request: RequestBuilder) -> Result<Value> {
        let what = || format!("{method} {path}");
        let answer = request.bearer_auth(&self.token).send().await.with_context(what)?;
        let status = answer.status();
        let body = answer.text().await.with_context(what)?;
        if !status.is_success() {
            bail!("{method} {path} was answered with {status}: {body}");
        }
        serde_json::from_str(&body).with_context(|| format!("{method} {path}: not JSON: {body}"))
    }
}

/// A text field of an answer.
pub(crate) fn text<'a>(value: &'a Value, field: &str) -> Result<&'a str> {
    value[field].as_str().with_context(|| missing(value, &field))
}

fn missing(value: &Value, field: &dyn Debug) -> String {
    format!("the answer has no text {field:?}: {value}")
}
