//! The simulator as a program, controlled from another process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use testkit::Scratch;

/// The running program, which is killed with the test.
struct Program {
    child: Child,
    ready: Value,
}

impl Program {
    fn start(state: &std::path::Path) -> Self {
        Self::start_with(state, &[])
    }

    fn start_with(state: &std::path::Path, flags: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_praho-virtualmin-simulator"))
            .args(["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--state-dir"])
            .arg(state)
            .args(flags)
            .env("SIMULATOR_PASSWORD", "from-the-environment")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, ready: serde_json::from_str(&line).unwrap() }
    }

    fn control(&self, path: &str) -> String {
        format!("{}{path}", self.ready["control"].as_str().unwrap())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .timeout(Duration::from_secs(10))
        .tls_danger_accept_invalid_certs(true)
        .no_proxy()
        .build()
        .unwrap()
}

async fn call(client: &Client, program: &Program, form: String) -> Response {
    let url = format!("{}/virtual-server/remote.cgi", program.ready["url"].as_str().unwrap());
    let request = client.post(url).basic_auth("praho", Some("from-the-environment"));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
    request.send().await.unwrap()
}

async fn create(client: &Client, program: &Program, domain: &str) -> StatusCode {
    let form = format!("program=create-domain&json=1&domain={domain}&pass=x&unix=&dir=");
    call(client, program, form).await.status()
}

/// Whether quotas are listed, and whether there is a program `list-plans`.
async fn offers(client: &Client, program: &Program) -> (bool, bool) {
    let listing = call(client, program, "program=list-domains&multiline=".into()).await;
    let programs = call(client, program, "program=list-commands".into()).await;
    let (listing, programs) = (listing.text().await.unwrap(), programs.text().await.unwrap());
    assert!(listing.contains("Bandwidth limit: "), "{listing}");
    (listing.contains("Server quota: "), programs.lines().any(|line| line == "list-plans"))
}

#[tokio::test]
async fn is_controlled_over_http_and_loses_nothing_when_killed() {
    let scratch = Scratch::new("simulator");
    let client = client();
    let mut program = Program::start(scratch.path());
    let get = async |program: &Program, path: &str| {
        client.get(program.control(path)).send().await.unwrap().json::<Value>().await.unwrap()
    };
    let ready = client.get(program.control("/readyz")).send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::OK);

    let faults =
        json!([{ "program": "create-domain", "kind": "status", "status": 500, "times": 1 }]);
    let put = client.put(program.control("/faults")).json(&faults).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::NO_CONTENT);
    assert_eq!(create(&client, &program, "a.test").await, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(create(&client, &program, "a.test").await, StatusCode::OK);
    assert_eq!(get(&program, "/faults").await[0]["hit"], 1);
    client.delete(program.control("/faults")).send().await.unwrap();
    assert_eq!(get(&program, "/faults").await, json!([]));
    assert_eq!(get(&program, "/calls").await["calls"]["create-domain"], 2);

    let by_hand = json!({ "action": "create", "domain": "b.test", "username": "b" });
    let post = || client.post(program.control("/by-hand")).json(&by_hand);
    assert_eq!(post().send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(post().send().await.unwrap().status(), StatusCode::CONFLICT);
    let latency = json!({ "program": "*", "milliseconds": 1 });
    let put = client.put(program.control("/latency")).json(&latency).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::NO_CONTENT);

    program.child.kill().unwrap();
    let again = Program::start(scratch.path());
    assert_eq!(again.ready["certificate_sha256"], program.ready["certificate_sha256"]);
    let state = get(&again, "/state").await;
    let domains: Vec<_> =
        state["domains"].as_array().unwrap().iter().map(|server| &server["domain"]).collect();
    assert_eq!(domains, ["a.test", "b.test"]);
    assert_eq!(get(&again, "/effects").await[0]["kind"], "created");
    assert_eq!(get(&again, "/effects?after=1").await, json!([]));
}

#[tokio::test]
async fn keeps_no_quotas_and_lacks_programs_when_told_to() {
    let scratch = Scratch::new("simulator");
    let client = client();
    let flags = ["--no-quotas", "--without", "list-plans", "--without", "list-templates"];
    let program = Program::start_with(scratch.path(), &flags);
    create(&client, &program, "a.test").await;
    assert_eq!(offers(&client, &program).await, (false, false));

    let put = async |change: Value| {
        let put = client.put(program.control("/machine")).json(&change);
        put.send().await.unwrap().status()
    };
    assert_eq!(put(json!({ "keeps_quotas": true })).await, StatusCode::NO_CONTENT);
    assert_eq!(offers(&client, &program).await, (true, false));
    assert_eq!(put(json!({ "lacks": [] })).await, StatusCode::NO_CONTENT);
    assert_eq!(offers(&client, &program).await, (true, true));
    assert_eq!(put(json!({ "keeps_qoutas": false })).await, StatusCode::UNPROCESSABLE_ENTITY);

    put(json!({ "keeps_quotas": false, "lacks": ["list-plans"] })).await;
    put(json!({ "users": ["patru"], "groups": ["cinci"], "without_features": ["mysql"] })).await;
    let machine = client.get(program.control("/machine")).send().await.unwrap();
    let machine: Value = machine.json().await.unwrap();
    assert_eq!(
        (&machine["keeps_quotas"], &machine["lacks"]),
        (&json!(false), &json!(["list-plans"]))
    );
    assert_eq!(machine["without_features"], json!(["mysql"]));
    assert_eq!((&machine["users"], &machine["groups"]), (&json!(["patru"]), &json!(["cinci"])));
}

#[test]
fn ends_well_when_told_to_terminate() {
    let scratch = Scratch::new("simulator");
    let mut program = Program::start(scratch.path());
    let pid = program.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(program.child.wait().unwrap().success());
}
