//! Runs the command `praho` as a user does, with its own configuration.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::Stdio,
    sync::Mutex,
};

use serde_json::Value;
use simulators::virtualmin::Simulator;
use testkit::{Scratch, program::binary, unique};
use tokio::{io::AsyncWriteExt, process::Command};

use crate::system::System;

/// A user of the command.
pub(crate) struct Praho {
    folder: Scratch,
    pub(crate) token: String,
    /// The whole output of all runs.
    said: Mutex<String>,
}

/// The exit code, stdout and stderr of one run.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) result: String,
    pub(crate) words: String,
}

impl Praho {
    /// A user whose configuration file holds this token.
    pub(crate) fn new(system: &System, token: &str) -> Self {
        let folder = Scratch::new("praho");
        fs::create_dir(folder.path().join("praho")).unwrap();
        let file = folder.path().join("praho/config.toml");
        let (url, ca_file) = (&system.grpc_url, system.authority.ca_file());
        let text = format!(
            "[profiles.default]\nurl = {url:?}\nca_file = {ca_file:?}\ntoken = {token:?}\n"
        );
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        Self { folder, token: token.to_owned(), said: Mutex::default() }
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Ended {
        self.run_reading("", arguments).await
    }

    /// Runs a command that reads `input` from standard input.
    pub(crate) async fn run_reading(&self, input: &str, arguments: &[&str]) -> Ended {
        let mut child = Command::new(binary("praho"))
            .args(arguments)
            .env_clear()
            .env("XDG_CONFIG_HOME", self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        // The program may end before it reads anything.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes()).await;
        let output = child.wait_with_output().await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let ended = Ended {
            code: output.status.code().unwrap(),
            result: text(output.stdout),
            words: text(output.stderr),
        };
        *self.said.lock().unwrap() += &format!("{}\n{}\n", ended.result, ended.words);
        ended
    }

    /// The output of a command that must succeed.
    pub(crate) async fn done(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments).await;
        assert_eq!(ended.code, 0, "{arguments:?}: {}{}", ended.words, ended.result);
        ended.result
    }

    /// The JSON output of a command that must succeed.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        let text = self.done(&[arguments, &["--output", "json"]].concat()).await;
        serde_json::from_str(&text).unwrap()
    }

    /// The messages of a command that must end with `code`.
    pub(crate) async fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let ended = self.run(arguments).await;
        assert_eq!(ended.code, code, "{arguments:?}: {}{}", ended.words, ended.result);
        ended.words
    }

    /// Writes a secret to a file.
    pub(crate) fn secret(&self, text: &str) -> PathBuf {
        let file = self.folder.path().join(unique("secret"));
        fs::write(&file, text).unwrap();
        file
    }

    /// Registers a panel and waits for its verification. The server's only tag is its name.
    pub(crate) async fn register(&self, name: &str, panel: &Simulator, password: &str) -> Ended {
        let url = format!("https://{}", panel.address());
        let (user, pin) = (panel.username(), &panel.certificate_sha256());
        let password = self.secret(password);
        let password = password.to_str().unwrap();
        let mut arguments = vec!["servers", "register", name, "--server-url", &url];
        arguments.extend(["--username", user, "--password-file", password]);
        arguments.extend(["--certificate-sha256", pin, "--ip-addresses", "127.0.0.13"]);
        arguments.extend(["--capacity", "10", "--tags", name, "--wait", "--output", "json"]);
        self.run(&arguments).await
    }

    /// Registers the test's DNS server.
    pub(crate) async fn register_dns(&self, system: &System) {
        let servers = &system.servers;
        let key = self.secret(&servers.powerdns_api_key);
        let register = ["dns-servers", "register", "ns", "--api-url", &servers.powerdns_url];
        let answers = ["--nameservers", &servers.dns_addr, "--ns-names", "ns1.lab.test"];
        let key = ["--api-key-file", key.to_str().unwrap()];
        self.done(&[&register[..], &answers, &key].concat()).await;
    }

    /// The first owner of a new tenant, whose token is written to a file and never printed.
    pub(crate) async fn first_owner(&self, system: &System, tenant: &str) -> Self {
        let file = self.folder.path().join("first-token");
        let create = ["tokens", "create", "first", "--tenant", tenant, "--role", "owner"];
        self.done(&[&create[..], &["--save", file.to_str().unwrap()]].concat()).await;
        let token = fs::read_to_string(&file).unwrap();
        self.never_said(&[token.trim(), &self.token]);
        Self::new(system, token.trim())
    }

    /// Creates a service on a new plan for the server with this tag; returns the service's id.
    pub(crate) async fn service(&self, tag: &str, domain: &str) -> String {
        let plan = ["plans", "create", tag, "--disk-mib", "1024", "--features", "web"];
        self.done(&[&plan[..], &["--server-tags", tag]].concat()).await;
        let service = self.json(&["services", "create", domain, "--plan", tag]).await;
        text(&service["id"]).to_owned()
    }

    /// Activates a service and checks the job through several commands; returns the account's id.
    pub(crate) async fn activates(&self, service: &str) -> String {
        let made = self.json(&["services", "activate", service, "--wait"]).await;
        assert_eq!(made["account"]["status"], "active");
        assert_eq!(made["job"]["status"], "completed");
        let account = text(&made["account"]["id"]).to_owned();
        let listed = self.json(&["accounts", "list", "--status", "active"]).await;
        let listed = listed["accounts"].as_array().unwrap();
        assert_eq!((text(&listed[0]["id"]), listed.len()), (&*account, 1));

        let job = text(&made["job"]["id"]);
        let shown = self.done(&["jobs", "show", job]).await;
        for step in made["job"]["steps"].as_array().unwrap() {
            assert!(shown.contains(text(&step["name"])), "{shown}");
        }
        let watched = self.run(&["jobs", "watch", job, "-o", "yaml"]).await;
        assert!(watched.result.contains("status: completed"), "{}", watched.result);
        assert!(watched.words.contains("account.provision completed"), "{}", watched.words);
        account
    }

    pub(crate) fn never_said(&self, secrets: &[&str]) {
        let said = self.said.lock().unwrap();
        for secret in secrets {
            assert!(!said.contains(secret), "{said}");
        }
        assert!(!said.contains('\u{1b}'), "colours without a terminal: {said}");
    }
}

/// The text of a JSON value.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}
