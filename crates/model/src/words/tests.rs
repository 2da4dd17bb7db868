//! Pins the stored words: rows and messages outlive releases, so a changed word needs a migration.

use std::{fmt::Debug, str::FromStr};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::*;
use crate::{
    account::{AccountEvent, AccountStatus},
    dead_letter::DeadLetterStatus,
    dns::{DnsServerKind, RecordType},
    drift::{Field, FindingStatus, Severity, TermsPolicy, UnknownPolicy},
    fault::FaultKind,
    job::{JobKind, JobStatus, Queue, StepStatus},
    plan::Feature,
    role::Role,
    server::{ServerKind, ServerStatus},
    service::ServiceStatus,
};

/// Checks that the variants of `T`, in their order, have the words in `pinned`, and that each word reads
/// back.
#[track_caller]
fn are<T>(pinned: &str)
where
    T: VariantArray + Copy + PartialEq + Debug + Into<&'static str> + FromStr<Err: Debug>,
{
    let words: Vec<&str> = T::VARIANTS.iter().map(|variant| (*variant).into()).collect();
    assert_eq!(words, pinned.split_whitespace().collect::<Vec<_>>());
    let read: Vec<T> = words.iter().map(|word| word.parse().unwrap()).collect();
    assert_eq!(read, T::VARIANTS);
    assert!("no such word".parse::<T>().is_err());
}

/// As [`are`], and also checks that JSON has the same words.
#[track_caller]
fn are_stored<T>(pinned: &str)
where
    T: VariantArray + Copy + PartialEq + Debug + Into<&'static str> + FromStr<Err: Debug>,
    T: Serialize + DeserializeOwned,
{
    are::<T>(pinned);
    for variant in T::VARIANTS {
        let document = Value::from((*variant).into());
        assert_eq!(serde_json::to_value(variant).unwrap(), document);
        assert_eq!(serde_json::from_value::<T>(document).unwrap(), *variant);
    }
    assert!(serde_json::from_value::<T>(Value::from("no such word")).is_err());
}

#[test]
fn words_of_jobs() {
    are_stored::<JobStatus>("pending running waiting unwinding completed failed cancelled stuck");
    are_stored::<StepStatus>("started done failed undoing undone");
    are_stored::<Queue>("provisioning bulk sync monitoring dns");
    are_stored::<JobKind>(
        "account.provision account.suspend account.unsuspend account.terminate account.heal \
         domain.quarantine dns.apply server.verify",
    );
    are_stored::<DeadLetterStatus>("open redriven discarded");
    are_stored::<FaultKind>(
        "invalid unauthenticated denied not_found conflict refused rate_limited busy unavailable \
         timeout protocol internal",
    );
}

#[test]
fn words_of_hosting() {
    are_stored::<AccountStatus>("pending active suspended terminated failed");
    are::<AccountEvent>(
        "account.provisioned account.failed account.retried account.withdrawn account.suspended \
         account.unsuspended account.terminated",
    );
    are_stored::<ServiceStatus>("created active suspended terminated");
    are_stored::<Feature>("web ssl dns mail mysql");
    are_stored::<ServerKind>("virtualmin bare bench");
    are_stored::<ServerStatus>("unverified active draining maintenance degraded unavailable");
    are_stored::<Role>("viewer operator admin owner");
    are_stored::<DnsServerKind>("powerdns");
    are_stored::<RecordType>("A AAAA MX TXT");
}

#[test]
fn words_of_drift() {
    are::<FindingStatus>("open accepted closed");
    are_stored::<Field>(
        "existence owner name status user quota features unknown quota_support listing",
    );
    are_stored::<Severity>("info warning critical");
    are_stored::<TermsPolicy>("report heal");
    are_stored::<UnknownPolicy>("report quarantine");
}
