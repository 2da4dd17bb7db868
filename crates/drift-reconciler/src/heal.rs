//! Files the jobs that heal: at most one for an account, and none while another job of it is unfinished.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    account::{AccountStatus, HealAccount},
    domain::DomainName,
    drift::{Remedy, Tolerance},
    ids::{AccountId, FindingId, JobId},
    job::{JobStatus, NewJob, Order, Origin},
    server::QuarantineDomain,
};
use store::{Result, Tx, drift::Noted, sweeps::Sweep};

/// A job that was filed.
#[derive(Clone, Debug)]
pub(crate) struct Filed {
    pub(crate) job: JobId,
    /// The kind of job, which is also the action of its audit row.
    pub(crate) action: &'static str,
    /// The job's target.
    pub(crate) target: String,
}

/// The findings of an account that a job can heal.
#[derive(Default)]
struct Illness {
    findings: Vec<FindingId>,
    terms: bool,
}

/// Files a job for each account with a finding that a job can heal, if the server's policy allows it. Writes no
/// audit rows: they come last in a transaction, because one lock guards their chain.
pub(crate) async fn accounts(
    tx: &Tx,
    sweep: &Sweep,
    noted: &[Noted],
    origin: &Origin,
) -> Result<Vec<Filed>> {
    let mut ill: BTreeMap<AccountId, Illness> = BTreeMap::new();
    for finding in noted.iter().filter(|it| is_due(it)) {
        let remedy = finding.difference.field.remedy().filter(|it| sweep.policy.allows(*it));
        if let (Some(account), Some(remedy)) = (finding.difference.account_id, remedy) {
            let illness = ill.entry(account).or_default();
            illness.findings.push(finding.id);
            illness.terms |= remedy == Remedy::HealTerms;
        }
    }
    let mut filed = Vec::new();
    for (id, illness) in ill {
        let Some(account) = tx.lock_with_service(id).await? else { continue };
        let order = HealAccount { account_id: id, terms: illness.terms };
        let stands = matches!(account.status, AccountStatus::Active | AccountStatus::Suspended)
            && account.server_id == sweep.server.id
            && account.updated_at < sweep.started_at;
        if stands && !tx.has_unfinished_job(&order.target()).await? {
            filed.push(file(tx, sweep, &order, &illness.findings, origin).await?);
        }
    }
    Ok(filed)
}

/// Files a job for each unclaimed domain that the server's policy wants switched off. Files none if there are
/// too many: the rows are then more likely to be wrong.
pub(crate) async fn unclaimed(
    tx: &Tx,
    sweep: &Sweep,
    noted: &[Noted],
    unclaimed: &BTreeSet<String>,
    tolerance: Tolerance,
    origin: &Origin,
) -> Result<Vec<Filed>> {
    if !sweep.policy.allows(Remedy::Quarantine) {
        return Ok(Vec::new());
    }
    let noted = noted.iter().filter(|it| it.difference.field.remedy() == Some(Remedy::Quarantine));
    let noted = noted.filter(|it| !it.accepted && unclaimed.contains(&it.difference.domain));
    let noted: Vec<&Noted> = noted.collect();
    let accounts = sweep.server.accounts as usize;
    if !tolerance.covers(noted.len(), accounts) {
        tracing::warn!(
            server.id = %sweep.server.id,
            unclaimed = noted.len(),
            accounts,
            "too many virtual servers that no row claims: none is switched off",
        );
        return Ok(Vec::new());
    }
    let mut filed = Vec::new();
    for finding in noted.into_iter().filter(|it| is_due(it)) {
        // A job cannot name a domain that `model` does not accept: the finding stays reported only.
        let Ok(domain) = finding.difference.domain.parse::<DomainName>() else { continue };
        tx.lock_server(sweep.server.id).await?;
        let order = QuarantineDomain { server_id: sweep.server.id, domain };
        filed.push(file(tx, sweep, &order, &[finding.id], origin).await?);
    }
    Ok(filed)
}

async fn file<O: Order>(
    tx: &Tx,
    sweep: &Sweep,
    order: &O,
    findings: &[FindingId],
    origin: &Origin,
) -> Result<Filed> {
    let job = NewJob::of(sweep.server.tenant_id, order, origin.clone());
    let job = job.holding(sweep.server.id.mutation_slot());
    tx.file_job(&job).await?;
    tx.healed_by(findings, job.id).await?;
    Ok(Filed { job: job.id, action: O::KIND.as_str(), target: job.target })
}

/// Whether to file a job for a finding that is not accepted. After a job that has ended, the 2nd, 4th, 8th…
/// sweep that finds the same difference files another. A server with an incurable difference thus stays free.
fn is_due(finding: &Noted) -> bool {
    let ended = finding.job.is_some_and(JobStatus::is_final) && finding.count.is_power_of_two();
    !finding.accepted && (finding.job.is_none() || ended)
}

#[cfg(test)]
mod tests {
    use model::drift::{Difference, Field};

    use super::*;

    fn noted(count: u32, job: Option<JobStatus>, accepted: bool) -> Noted {
        let difference = Difference {
            account_id: Some(AccountId::generate()),
            domain: "a.test".to_owned(),
            field: Field::Status,
            wanted: "enabled".to_owned(),
            seen: "disabled".to_owned(),
        };
        Noted { id: FindingId::generate(), difference, count, accepted, job }
    }

    #[test]
    fn failed_healing_is_repeated_at_growing_intervals() {
        for ended in [JobStatus::Completed, JobStatus::Failed, JobStatus::Cancelled] {
            let tried = (2..40).filter(|count| is_due(&noted(*count, Some(ended), false)));
            assert_eq!(tried.collect::<Vec<_>>(), [2, 4, 8, 16, 32], "{ended:?}");
        }
    }

    #[test]
    fn nothing_is_filed_while_a_job_is_at_work_or_a_person_has_accepted_it() {
        for status in JobStatus::ALL.into_iter().filter(|it| !it.is_final()) {
            assert!(!is_due(&noted(2, Some(status), false)), "{status:?}");
        }
        assert!(!is_due(&noted(1, None, true)));
        assert!(is_due(&noted(1, None, false)) && is_due(&noted(3, None, false)));
    }
}
