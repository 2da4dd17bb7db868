//! The few calls of PRAHO's own REST interface that `up` makes, as any client would.

use std::fmt::Debug;

use anyhow::{Context, Result, bail};
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use testkit::http;

/// PRAHO's REST interface with a tenant's token.
pub(crate) struct Rest {
    client: Client,
    url: String,
    token: String,
}

impl Rest {
    /// `url` is without a path.
    pub(crate) fn new(url: &str, token: &str) -> Self {
        Self { client: http::client(), url: format!("{url}/api/v1"), token: token.to_owned() }
    }

    /// Reads `path`, such as `/accounts`.
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        self.send("GET", path, self.client.get(format!("{}{path}", self.url))).await
    }

    /// Asks for something new below `path`, under an idempotency key of its own.
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
