//! The table is whole, and each thing that the rows can say against a change refuses it.

use super::*;
use crate::words::pinned::are;

const DOMAIN: &str = "shop.example";

fn name() -> DomainName {
    DOMAIN.parse().unwrap()
}

/// A change and a job that may make it, if any job of this kind may.
fn pair(kind: JobKind, change: Change) -> (Asked, Claimant) {
    let (server, tenant_id, id) =
        (ServerId::generate(), TenantId::generate(), AccountId::generate());
    let object = match change {
        Change::DisableUnclaimed | Change::EnableUnclaimed => Object::Unclaimed(name()),
        Change::CheckConfig | Change::Call | Change::Plans | Change::Restart => Object::Host,
        _ => Object::Account(id, name()),
    };
    let about_domain = matches!(object, Object::Unclaimed(_));
    let about_account =
        !about_domain && ![Change::Call, Change::Plans, Change::Restart].contains(&change);
    let status = match kind {
        JobKind::AccountProvision => AccountStatus::Pending,
        _ => AccountStatus::Active,
    };
    let account = about_account.then(|| Subject {
        id,
        tenant_id,
        server_id: server,
        domain: DOMAIN.to_owned(),
        status,
        protected: kind == JobKind::AccountProvision,
        wanted: match kind {
            JobKind::AccountProvision => ServiceStatus::Active,
            JobKind::AccountTerminate => ServiceStatus::Terminated,
            _ => ServiceStatus::Suspended,
        },
    });
    let claimant = Claimant {
        kind,
        lane: kind.lane(),
        tenant_id,
        target: if about_account { id.target() } else { server.target() },
        holds_server: true,
        server_tenant_id: Some(tenant_id),
        ordered_domain: about_domain.then(|| DOMAIN.to_owned()),
        account,
        is_claimed: about_account,
    };
    (Asked { change, server, object }, claimant)
}

fn pairs() -> impl Iterator<Item = (JobKind, Change)> {
    JobKind::ALL.into_iter().flat_map(|kind| Change::ALL.map(|change| (kind, change)))
}

/// The verdict on a good pair after `spoil`.
fn spoiled(
    kind: JobKind,
    change: Change,
    spoil: impl FnOnce(&mut Asked, &mut Claimant),
) -> Result<(), Refusal> {
    let (mut asked, mut by) = pair(kind, change);
    spoil(&mut asked, &mut by);
    asked.judge(&by)
}

/// As [`spoiled`], for the account.
fn with(kind: JobKind, change: Change, spoil: impl FnOnce(&mut Subject)) -> Result<(), Refusal> {
    spoiled(kind, change, |_, by| spoil(by.account.as_mut().unwrap()))
}

#[test]
fn the_words_are_told_to_operators() {
    are::<Change>(
        "create modify parts rename features website login_link set_password disable enable delete disable_unclaimed enable_unclaimed check_config mail databases dns certificates plans backups restart call",
    );
    are::<Refusal>("kind server tenant target claimed state protected wanted");
}

#[test]
fn the_table_has_each_kind_once() {
    for kind in JobKind::ALL {
        assert_eq!(MAY_MAKE.iter().filter(|(it, _)| *it == kind).count(), 1, "{}", kind.as_str());
    }
}

#[test]
fn every_pair_of_the_table_passes_and_every_other_is_denied() {
    for (kind, change) in pairs() {
        let verdict = spoiled(kind, change, |_, _| {});
        match change.is_made_by(kind) {
            true => assert_eq!(verdict, Ok(()), "{} {change:?}", kind.as_str()),
            false => assert_eq!(verdict, Err(Refusal::Kind), "{} {change:?}", kind.as_str()),
        }
    }
}

#[test]
fn a_job_that_is_about_something_else_is_denied_every_change() {
    type Spoil = fn(&mut Asked, &mut Claimant);
    let spoils: [(Refusal, Spoil); 5] = [
        (Refusal::Server, |_, by| by.holds_server = false),
        (Refusal::Tenant, |_, by| by.tenant_id = TenantId::generate()),
        (Refusal::Tenant, |_, by| by.server_tenant_id = None),
        (Refusal::Target, |asked, _| asked.server = ServerId::generate()),
        (Refusal::Target, |_, by| by.target = AccountId::generate().target()),
    ];
    for (kind, change) in pairs().filter(|(kind, change)| change.is_made_by(*kind)) {
        for (refusal, spoil) in spoils {
            let verdict = spoiled(kind, change, spoil);
            assert_eq!(verdict, Err(refusal), "{} {change:?}", kind.as_str());
            assert_eq!(Fault::from(refusal).kind, FaultKind::Denied);
        }
    }
}

#[test]
fn another_account_domain_or_mark_is_denied() {
    for (kind, change) in pairs().filter(|(kind, change)| change.is_made_by(*kind)) {
        let other = spoiled(kind, change, |asked, _| match &mut asked.object {
            Object::Account(_, domain) | Object::Unclaimed(domain) => {
                *domain = "other.example".parse().unwrap();
            }
            Object::Host => asked.server = ServerId::generate(),
        });
        assert_eq!(other, Err(Refusal::Target), "{} {change:?}", kind.as_str());
        let other = spoiled(kind, change, |asked, by| match &mut asked.object {
            Object::Account(id, _) => *id = AccountId::generate(),
            Object::Unclaimed(_) | Object::Host => by.target = String::new(),
        });
        assert_eq!(other, Err(Refusal::Target), "{} {change:?}", kind.as_str());
    }
}

#[test]
fn an_account_of_another_tenant_is_denied_although_the_job_names_it() {
    for (kind, change) in pairs().filter(|(kind, change)| change.is_made_by(*kind)) {
        if ![JobKind::DomainQuarantine, JobKind::ServerCall].contains(&kind) {
            let verdict = with(kind, change, |it| it.tenant_id = TenantId::generate());
            assert_eq!(verdict, Err(Refusal::Tenant), "{} {change:?}", kind.as_str());
        }
    }
}

#[test]
fn a_domain_of_an_account_is_not_switched_as_one_that_nobody_claims() {
    for change in [Change::DisableUnclaimed, Change::EnableUnclaimed] {
        let claimed = spoiled(JobKind::DomainQuarantine, change, |_, by| by.is_claimed = true);
        assert_eq!(claimed, Err(Refusal::Claimed));
        // An undo takes it as a sign that nothing of its own is left.
        assert_eq!(Fault::from(Refusal::Claimed).kind, FaultKind::Conflict);
    }
}

#[test]
fn a_protected_or_wanted_account_is_not_deleted_by_a_termination() {
    let delete = |spoil: fn(&mut Subject)| with(JobKind::AccountTerminate, Change::Delete, spoil);
    assert_eq!(delete(|it| it.protected = true), Err(Refusal::Protected));
    assert_eq!(delete(|it| it.wanted = ServiceStatus::Active), Err(Refusal::Wanted));
    assert_eq!(delete(|it| it.wanted = ServiceStatus::Suspended), Err(Refusal::Wanted));
    assert_eq!(delete(|it| it.status = AccountStatus::Pending), Err(Refusal::State));
    assert_eq!(delete(|it| it.status = AccountStatus::Terminated), Err(Refusal::State));
}

#[test]
fn a_provisioning_deletes_only_what_is_half_made() {
    for status in AccountStatus::ALL {
        let verdict = with(JobKind::AccountProvision, Change::Delete, |it| it.status = status);
        let half_made = matches!(status, AccountStatus::Pending | AccountStatus::Failed);
        assert_eq!(verdict.is_ok(), half_made, "{status:?}");
        let verdict = with(JobKind::AccountProvision, Change::Create, |it| it.status = status);
        assert_eq!(verdict.is_ok(), status == AccountStatus::Pending, "{status:?}");
    }
}

#[test]
fn an_account_that_is_on_and_to_be_on_is_not_switched_off() {
    for kind in [JobKind::AccountSuspend, JobKind::AccountUnsuspend, JobKind::AccountHeal] {
        let verdict = with(kind, Change::Disable, |it| it.wanted = ServiceStatus::Active);
        assert_eq!(verdict, Err(Refusal::Wanted));
        let verdict = with(kind, Change::Disable, |it| {
            it.wanted = ServiceStatus::Active;
            it.status = AccountStatus::Suspended;
        });
        assert_eq!(verdict, Ok(()), "the undo of the end of a suspension");
        let verdict = with(kind, Change::Disable, |it| it.protected = true);
        assert_eq!(verdict, Ok(()), "protection is against the end of an account");
    }
}
