//! Turns accounts, the reasons for their servers, and the proofs of their websites into messages.

use contracts::{moment::to_timestamp, provisioning::v1};
use model::{
    account::AccountStatus,
    login::Login,
    placement::{Outcome, Reason, Verdict},
    site::{ServedSite, SiteAnswer},
};
use store::accounts::NamedAccount;

pub(crate) fn account(named: &NamedAccount) -> v1::Account {
    let NamedAccount { account, plan_name, server_name, server_url } = named;
    let has_user = matches!(account.status, AccountStatus::Active | AccountStatus::Suspended);
    v1::Account {
        id: account.id.to_string(),
        service_id: account.service_id.to_string(),
        plan_id: account.plan_id.to_string(),
        server_id: account.server_id.to_string(),
        domain: account.domain.to_string(),
        username: account.username.as_ref().map(ToString::to_string).unwrap_or_default(),
        status: account.status.as_str().to_owned(),
        protected: account.protected,
        placement: Some(placement(&account.placement)),
        created_at: Some(to_timestamp(account.id.created_at())),
        updated_at: Some(to_timestamp(account.updated_at)),
        plan_name: plan_name.clone(),
        server_name: server_name.clone(),
        login: server_url.as_deref().filter(|_| has_user).and_then(Login::on).map(login),
        site: account.site.as_ref().map(site),
    }
}

fn site(served: &ServedSite) -> v1::ServedSite {
    v1::ServedSite {
        proved_at: Some(to_timestamp(served.at)),
        ip_address: served.proof.address.to_string(),
        answers: served.proof.answers.iter().map(site_answer).collect(),
    }
}

fn site_answer(answer: &SiteAnswer) -> v1::SiteAnswer {
    v1::SiteAnswer {
        url: answer.url.clone(),
        status: u32::from(answer.status),
        told_by: answer.told_by.as_str().to_owned(),
        told_for: answer.told_for.clone(),
        certificate_sha256: answer.certificate_sha256.clone().unwrap_or_default(),
    }
}

fn login(login: Login) -> v1::Login {
    let Login { panel_url, sftp_host, sftp_port } = login;
    v1::Login { panel_url, sftp_host, sftp_port: sftp_port.into() }
}

fn placement(reason: &Reason) -> v1::Placement {
    v1::Placement {
        required_tags: reason.required_tags.iter().cloned().collect(),
        considered: u32::try_from(reason.considered).unwrap_or(u32::MAX),
        eligible: u32::try_from(reason.eligible).unwrap_or(u32::MAX),
        verdicts: reason.verdicts.iter().map(verdict).collect(),
        unenforced: reason.unenforced.clone(),
    }
}

fn verdict(verdict: &Verdict) -> v1::PlacementVerdict {
    let judged = v1::PlacementVerdict {
        server_id: verdict.server_id.to_string(),
        server_name: verdict.server_name.clone(),
        accounts: verdict.accounts,
        capacity: verdict.capacity,
        load_percent: verdict.load_percent,
        outcome: verdict.outcome.as_str().to_owned(),
        words: verdict.outcome.to_string(),
        ..v1::PlacementVerdict::default()
    };
    match &verdict.outcome {
        Outcome::Chosen
        | Outcome::MoreLoaded
        | Outcome::OutOfService
        | Outcome::NoQuotas { .. } => judged,
        Outcome::NotActive { status } => {
            v1::PlacementVerdict { status: status.as_str().to_owned(), ..judged }
        }
        Outcome::MissingTags { tags } => {
            v1::PlacementVerdict { missing_tags: tags.iter().cloned().collect(), ..judged }
        }
        Outcome::MissingFeatures { features } => v1::PlacementVerdict {
            missing_features: features.iter().map(|it| it.as_str().to_owned()).collect(),
            ..judged
        },
        Outcome::Full { usable } => v1::PlacementVerdict { usable: Some(*usable), ..judged },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use model::{
        ids::ServerId,
        placement::{Candidate, choose},
        plan::{Feature, PlanTerms},
        quota::Limit,
        server::{ServerStatus, WithoutQuotas},
    };

    use super::*;

    #[test]
    fn a_placement_tells_every_verdict_with_its_figures() {
        let tags = |words: &[&str]| words.iter().map(|&it| it.to_owned()).collect::<BTreeSet<_>>();
        let candidate = |name: &str, status, accounts, own: &[&str]| Candidate {
            id: ServerId::generate(),
            name: name.to_owned(),
            status,
            out_of_service: name == "faulted",
            accounts,
            capacity: 10,
            tags: tags(own),
            features: Some(match name {
                "plain" => tags(&["web"]),
                _ => tags(&["web", "mysql"]),
            }),
            keeps_quotas: Some(!name.starts_with("lax")),
            without_quotas: match name {
                "lax" => WithoutQuotas::Accept,
                _ => WithoutQuotas::Refuse,
            },
        };
        let terms = PlanTerms {
            disk_mib: Limit::AtMost(1024),
            bandwidth_mib: Limit::Unlimited,
            mailboxes: Limit::Unlimited,
            databases: Limit::Unlimited,
            features: [Feature::Web, Feature::Mysql].into(),
            server_tags: tags(&["ssd"]),
        };
        use ServerStatus::{Active, Draining};
        let candidates = [
            candidate("busy", Active, 3, &["ssd"]),
            candidate("bare", Active, 0, &[]),
            candidate("drained", Draining, 0, &["ssd"]),
            candidate("idle", Active, 1, &["ssd"]),
            candidate("full", Active, 9, &["ssd"]),
            candidate("faulted", Active, 0, &["ssd"]),
            candidate("plain", Active, 0, &["ssd"]),
            candidate("laxer", Active, 0, &["ssd"]),
        ];
        let told = placement(&choose(&candidates, &terms).unwrap().reason);
        assert_eq!((told.considered, told.eligible), (8, 3));
        assert_eq!(told.unenforced, [""; 0]);
        assert_eq!(told.required_tags, ["ssd"]);
        let seen = |name: &str| told.verdicts.iter().find(|it| it.server_name == name).unwrap();
        assert_eq!(told.verdicts[0], *seen("idle"));
        assert_eq!(
            (seen("idle").outcome.as_str(), seen("idle").load_percent),
            ("chosen", Some(10))
        );
        assert_eq!((seen("busy").outcome.as_str(), seen("busy").accounts), ("more_loaded", 3));
        assert_eq!(
            (&*seen("drained").outcome, &*seen("drained").status),
            ("not_active", "draining")
        );
        assert_eq!(seen("faulted").outcome, "out_of_service");
        assert_eq!(seen("bare").outcome, "missing_tags");
        assert_eq!(seen("bare").missing_tags, ["ssd"]);
        assert_eq!((seen("full").outcome.as_str(), seen("full").usable), ("full", Some(9)));
        assert_eq!(seen("plain").missing_features, ["mysql"]);
        assert_eq!(
            (seen("plain").outcome.as_str(), seen("plain").words.as_str()),
            ("missing_features", "lacks the feature mysql")
        );
        assert_eq!(seen("laxer").outcome, "no_quotas");
        assert!(seen("laxer").words.contains("1024 MiB"), "{}", seen("laxer").words);

        let accepting = [candidate("lax", Active, 0, &["ssd"])];
        let told = placement(&choose(&accepting, &terms).unwrap().reason);
        let [words] = told.unenforced.as_slice() else { panic!("{told:?}") };
        assert!(words.contains("1024 MiB") && words.contains("lax keeps no quotas"), "{words}");
    }
}
