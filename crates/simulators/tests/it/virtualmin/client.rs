//! A client that sends forms and reads answers, without knowledge of Virtualmin.

use std::time::Duration;

use reqwest::{Certificate, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use simulators::virtualmin::{Options, Simulator};

/// A simulator and a client that trusts its certificate.
pub(crate) struct Panel {
    pub(crate) simulator: Simulator,
    http: reqwest::Client,
}

impl Panel {
    /// A fresh server.
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    /// A server with these settings.
    pub(crate) async fn with(options: Options) -> Self {
        let simulator = Simulator::start(options).await.unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let certificate = Certificate::from_der(simulator.certificate_der()).unwrap();
        let http = reqwest::Client::builder()
            .tls_certs_only([certificate])
            .timeout(Duration::from_secs(20))
            .no_proxy()
            .build()
            .unwrap();
        Self { simulator, http }
    }

    /// A server with `alpha.test`, which has a Unix user and a home directory.
    pub(crate) async fn with_alpha() -> Self {
        let panel = Self::start().await;
        panel.succeed("program=create-domain&domain=alpha.test&pass=x&unix=&dir=").await;
        panel
    }

    /// A request of any method and path, without credentials.
    pub(crate) fn request(&self, method: &str, path_and_query: &str) -> RequestBuilder {
        let url = format!("{}{path_and_query}", self.simulator.url());
        self.http.request(method.parse().unwrap(), url)
    }

    /// A POST of a form with the right credentials.
    pub(crate) fn post(&self, form: &str) -> RequestBuilder {
        self.request("POST", "/virtual-server/remote.cgi")
            .basic_auth(self.simulator.username(), Some(self.simulator.password()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.to_owned())
    }

    /// Status, content type and body of an answer.
    pub(crate) async fn answer(&self, request: RequestBuilder) -> (StatusCode, String, String) {
        let response: Response = request.send().await.unwrap();
        let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        (response.status(), content_type, response.text().await.unwrap())
    }

    /// The body of a plain-text answer.
    pub(crate) async fn text(&self, form: &str) -> String {
        let (status, content_type, body) = self.answer(self.post(form)).await;
        assert_eq!((status, content_type.as_str()), (StatusCode::OK, "text/plain"), "{body}");
        body
    }

    /// The JSON of an answer to `form`, to which `json=1` is added.
    pub(crate) async fn json(&self, form: &str) -> Value {
        let (status, content_type, body) = self.answer(self.post(&format!("{form}&json=1"))).await;
        assert_eq!((status, content_type.as_str()), (StatusCode::OK, "application/json"), "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// The `output` of a call that must succeed.
    pub(crate) async fn succeed(&self, form: &str) -> String {
        let answer = self.json(form).await;
        assert_eq!(answer["status"], "success", "{answer}");
        answer["output"].as_str().unwrap_or_default().to_owned()
    }

    /// The `error` of a call that must fail with a usage text behind the reason.
    pub(crate) async fn fail(&self, form: &str) -> String {
        let answer = self.json(form).await;
        assert_eq!(answer["status"], "failure", "{answer}");
        let (error, full) = (answer["error"].as_str().unwrap(), &answer["full_error"]);
        assert!(full.as_str().unwrap().starts_with(&format!("{error}\n\n")), "{answer}");
        error.to_owned()
    }

    /// The names in the `data` of an answer.
    pub(crate) async fn names(&self, form: &str) -> Vec<String> {
        let answer = self.json(form).await;
        let data = answer["data"].as_array().unwrap_or_else(|| panic!("no data: {answer}"));
        data.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    }

    /// The `values` of a domain in the answer of `list-domains`.
    pub(crate) async fn values(&self, domain: &str) -> Value {
        let form = format!("program=list-domains&multiline=&domain={domain}");
        let answer = self.json(&form).await;
        assert_eq!(answer["data"][0]["name"], domain, "{answer}");
        answer["data"][0]["values"].clone()
    }

    /// A server with `beta.test`, which has mail and databases.
    pub(crate) async fn with_beta() -> Self {
        let panel = Self::start().await;
        let form = "program=create-domain&domain=beta.test&pass=x&unix=&dir=&mail=&mysql=\
                    &email=owner%40example.net";
        panel.succeed(form).await;
        panel
    }

    /// The `values` of the first object in the answer of a list program.
    pub(crate) async fn first(&self, form: &str) -> Value {
        let answer = self.json(&format!("{form}&multiline=")).await;
        answer["data"][0]["values"].clone()
    }
}
