//! Lists fit a terminal of the usual width, whatever values they hold.

use contracts::{
    moment::to_timestamp,
    provisioning::v1::{DeadLetter, Finding, JobFault, Tenant, Token},
};
use model::{
    account::AccountStatus,
    dead_letter::DeadLetterStatus,
    drift::{Field as Differing, FindingStatus, Severity},
    job::{JobKind, JobStatus},
    role::Role,
    server::ServerStatus,
    service::ServiceStatus,
};
use time::OffsetDateTime;

use super::*;
use crate::{
    palette::Palette,
    table::{Space, table},
};

const ID: &str = "01a1fced-f38e-77b3-bb8a-77ba87004cd7";
const LONG: &str = "a text that is far longer than any column of a table may ever become at eighty";

fn id() -> String {
    ID.to_owned()
}

fn long() -> String {
    LONG.to_owned()
}

/// The longest of the words that a field can hold.
fn longest<T>(all: impl IntoIterator<Item = T>, word: impl Fn(T) -> &'static str) -> String {
    all.into_iter().map(word).max_by_key(|it| it.len()).unwrap().to_owned()
}

fn check<T: Resource>(thing: &T) {
    let text = table(&[thing.fields()], Space::Columns(80), Palette::plain()).text;
    let widest = text.lines().map(|it| it.chars().count()).max().unwrap();
    assert!(widest <= 80, "{} need {widest} columns:\n{text}", T::PLURAL);
    let place = |name| thing.fields().into_iter().find(|it| it.name == name).map(|it| it.place);
    match place("id") {
        Some(Whole) => assert!(text.contains(ID), "ids are whole:\n{text}"),
        Some(Wide) => {
            assert!(!text.contains(ID), "a name stands for the id:\n{text}");
            let wide = table(&[thing.fields()], Space::Wide, Palette::plain()).text;
            assert!(wide.contains(ID), "wide tables have the id:\n{wide}");
        }
        other => panic!("{}: {other:?}", T::PLURAL),
    }
}

#[test]
fn every_list_fits_eighty_columns() {
    let now = Some(to_timestamp(OffsetDateTime::UNIX_EPOCH));
    check(&Plan { id: id(), name: long(), features: vec![long()], ..Plan::default() });
    check(&Server {
        id: id(),
        name: long(),
        status: longest(ServerStatus::ALL, ServerStatus::as_str),
        status_reason: long(),
        fault: long(),
        accounts: 99_999,
        capacity: 100_000,
        ..Server::default()
    });
    check(&DnsServer { id: id(), name: long(), api_url: long(), ..DnsServer::default() });
    let status = longest(ServiceStatus::ALL, ServiceStatus::as_str);
    check(&Service { id: id(), domain: long(), status, account_id: id(), ..Service::default() });
    let status = longest(AccountStatus::ALL, AccountStatus::as_str);
    check(&Account { id: id(), domain: long(), status, server_id: id(), ..Account::default() });
    check(&Job {
        id: id(),
        kind: longest(JobKind::ALL, JobKind::as_str),
        status: longest(JobStatus::ALL, JobStatus::as_str),
        fault: Some(JobFault { kind: "unauthenticated".to_owned(), message: long() }),
        ..Job::default()
    });
    check(&DeadLetter {
        id: id(),
        queue: "praho.jobs.provisioning".to_owned(),
        status: longest(DeadLetterStatus::ALL, DeadLetterStatus::as_str),
        reason: long(),
        ..DeadLetter::default()
    });
    check(&Finding {
        id: id(),
        domain: long(),
        field: longest(Differing::ALL, Differing::as_str),
        status: longest(FindingStatus::ALL, FindingStatus::as_str),
        severity: longest(Severity::ALL, Severity::as_str),
        seen: long(),
        wanted: long(),
        ..Finding::default()
    });
    check(&Tenant { id: id(), name: long(), platform: true, ..Tenant::default() });
    let role = longest(Role::ALL, Role::as_str);
    check(&Token { id: id(), name: long(), role, revoked_at: now, ..Token::default() });
}
