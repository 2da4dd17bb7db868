//! How many of the recorded exchanges the simulator answers alike.
//!
//! `recordings.txt` has a line for each exchange with a real Virtualmin 8.1.0, in their order, and lines without a number for
//! calls that were made and not kept. Of an answer it has what a client decides by: the status and the error, or else the form
//! of `data` with a hash of its keys, or the first line of the output. Left out are the exchanges of other accounts and with
//! wrong passwords, which `access.rs` has, two whose requests were kept in part, and those of `transport.rs` with another
//! kind of body or no body.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::client::Panel;

const RECORDINGS: &str = include_str!("recordings.txt");

/// The fewest exchanges that must agree. It only grows.
const AGREE: usize = 225;

/// The exchanges whose answers differ, and why.
const DIFFERS: &[(&[u16], &str)] = &[
    (
        &[9, 50, 54, 64, 74, 78],
        "the machine began to count transfer in the middle of the recordings",
    ),
    (&[64], "the simulator leaves out PHP and certificates where usage is left out"),
    (&[90], "it names the day in thirty days"),
    (&[114, 264], "a call that was not kept took the schedule off, and another one the renewal"),
    (&[116], "it asks for an id of the recorded machine"),
    (&[128], "the simulator has no sub-domains of the old kind"),
    (&[208], "the simulator's templates have fewer settings"),
    (&[216], "the recorded machine had counted other days"),
    (&[217, 342], "the real one lists transfer in no order"),
    (&[240], "each link has a session of its own"),
    (&[344, 345, 368], "virtual servers of calls that were not kept"),
    (&[228], "the simulator makes keys of elliptic curves, which have no modulus"),
    (&[277], "the real one answers in the other format than the one that it chose"),
    (&[297, 298], "two calls at once, of which either may win"),
    (&[306], "two calls at once, of which the simulator lets one succeed"),
];

#[tokio::test]
#[expect(clippy::print_stdout, reason = "the count is for people")]
async fn recorded_exchanges_are_answered_alike_but_for_a_list() {
    let panel = Panel::start().await;
    let reasons: BTreeMap<_, _> =
        DIFFERS.iter().flat_map(|(all, why)| all.iter().map(move |it| (*it, *why))).collect();
    let (mut agree, mut absent, mut differ) = (0, BTreeSet::new(), BTreeSet::new());
    let mut unlisted = Vec::new();
    for line in RECORDINGS.lines() {
        let [number, method, path, form, recorded] =
            line.splitn(5, '\t').collect::<Vec<_>>().try_into().unwrap();
        let told = told(&panel, method, path, form).await;
        let Ok(number) = number.parse::<u16>() else { continue };
        if told == recorded {
            agree += 1;
        } else if told.contains("Remote program ") && told.contains(" does not exist") {
            absent.insert(number);
        } else {
            differ.insert(number);
            if !reasons.contains_key(&number) {
                unlisted.push(format!("{number} {form}\nrecorded:  {recorded}\nsimulator: {told}"));
            }
        }
    }
    assert!(unlisted.is_empty(), "no reason is given for these:\n{}", unlisted.join("\n"));
    println!("{agree} of {} exchanges agree", agree + absent.len() + differ.len());
    println!("{} are of programs that the simulator does not have: {absent:?}", absent.len());
    println!("{} differ for a reason: {differ:?}", differ.len());
    let listed: BTreeSet<_> = reasons.keys().copied().collect();
    let stale: Vec<_> = listed.difference(&differ).collect();
    assert!(stale.is_empty(), "these agree by now, so they leave the list: {stale:?}");
    assert!(agree >= AGREE, "{agree} agree");
}

/// What a client decides by in an answer.
async fn told(panel: &Panel, method: &str, path: &str, form: &str) -> String {
    let request = panel
        .request(method, path)
        .basic_auth(panel.simulator.username(), Some(panel.simulator.password()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.to_owned());
    let (status, content_type, body) = panel.answer(request).await;
    if status != 200 {
        return format!("http {}", status.as_u16());
    }
    let json = content_type.contains("json");
    if json || body.trim_start().starts_with('{') {
        return of_json(if json { "" } else { "plain " }, &serde_json::from_str(&body).unwrap());
    }
    if content_type.contains("html") {
        return "html".to_owned();
    }
    if content_type.contains("xml") {
        let head = body.split_once('>').map_or(body.as_str(), |(head, _)| head);
        let error = head.split_once(" error=\"").and_then(|(_, it)| it.split_once('"'));
        return match error {
            Some((error, _)) => format!("xml failure {error}"),
            None => format!("xml success {}", body.matches("<data ").count()),
        };
    }
    let status = body.rsplit_once("Exit status: ").map_or("-", |(_, status)| status.trim());
    format!("text {status} {}", first_line(&body))
}

fn of_json(prefix: &str, answer: &Value) -> String {
    let text = |key: &str| answer[key].as_str().unwrap_or_default();
    match (text("status"), &answer["data"]) {
        ("failure", _) => {
            let error: String = masked(text("error")).chars().take(120).collect();
            format!("{prefix}failure {error}")
        }
        ("error", _) => format!("{prefix}error {}", text("error")),
        (_, Value::Array(data)) => of_data(data),
        _ => format!("output {}", first_line(text("output"))),
    }
}

fn of_data(data: &[Value]) -> String {
    let mut keys = BTreeSet::new();
    for item in data {
        match &item["values"] {
            Value::Object(values) => keys.extend(values.keys().cloned()),
            _ if item.get("value").is_some() => {
                keys.insert(format!("={}", item["name"].as_str().unwrap_or_default()));
            }
            _ => {}
        }
    }
    let joined = keys.iter().map(String::as_str).collect::<Vec<_>>().join(",");
    let hash = hex::encode(&Sha256::digest(joined)[..4]);
    format!("data {} {}", data.len(), if keys.is_empty() { "-" } else { &hash })
}

/// The first line that is no noise of the error stream.
fn first_line(text: &str) -> String {
    let is_line = |line: &&str| !line.trim().is_empty() && !line.starts_with('[');
    let line = text.split('\n').find(is_line).unwrap_or_default();
    masked(line.trim()).chars().take(90).collect::<String>().trim_end().to_owned()
}

/// The text with `N` for each long number, such as an id.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut digits = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        masked.push_str(if digits.len() < 8 { &digits } else { "N" });
        digits.clear();
        masked.push(c);
    }
    masked.pop();
    masked
}
