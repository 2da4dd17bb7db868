//! Quotas of tenants: refuses one thing too many, where it is made and in the same transaction.
//!
//! What is made rarely is counted under a lock of the tenant, and services by the trigger that keeps their number. Open jobs
//! are estimated: their quota protects the platform from a flood and is no invoice, and a count for each job would cost more
//! than the job's filing.

mod defaults;
mod open_jobs;

use std::{sync::Arc, time::Instant};

use model::{
    fault::Fault,
    ids::TenantId,
    job::NewJob,
    tenant_quota::{EachQuota, TenantQuota},
};
use store::Tx;

pub use self::defaults::DefaultQuotas;
use self::open_jobs::{Estimates, Room};

/// The quotas of all tenants. Clones share the estimates.
#[derive(Clone)]
pub(crate) struct Quotas {
    /// For a tenant that has no quota of its own.
    pub(crate) defaults: EachQuota<u32>,
    open_jobs: Arc<Estimates>,
}

impl Quotas {
    pub(crate) fn new(defaults: EachQuota<u32>) -> Self {
        Self { defaults, open_jobs: Arc::default() }
    }

    /// A tenant's quota.
    pub(crate) async fn of(
        &self,
        tx: &Tx,
        tenant: TenantId,
        what: TenantQuota,
    ) -> Result<u32, Fault> {
        Ok(tx.quotas(tenant).await?.or(&self.defaults).get(what))
    }

    /// Refuses one more than the quota, before it is added. Until the transaction ends, no other adds one to the tenant's.
    pub(crate) async fn one_more(
        &self,
        tx: &Tx,
        tenant: TenantId,
        what: TenantQuota,
    ) -> Result<(), Fault> {
        let quota = tx.lock_quotas(tenant).await?.or(&self.defaults).get(what);
        if tx.use_of(tenant, what, quota).await? >= quota {
            return Err(what.reached(quota));
        }
        Ok(())
    }

    /// Refuses a service that this transaction has added beyond the `quota`. The number is exact, since the addition has
    /// locked it.
    pub(crate) async fn service_added(
        &self,
        tx: &Tx,
        tenant: TenantId,
        quota: u32,
    ) -> Result<(), Fault> {
        let what = TenantQuota::Services;
        if tx.use_of(tenant, what, quota.saturating_add(1)).await? > quota {
            return Err(what.reached(quota));
        }
        Ok(())
    }

    /// Files a job that somebody asks for.
    pub(crate) async fn file_job(&self, tx: &Tx, job: &NewJob) -> Result<(), Fault> {
        self.more_jobs(tx, job.tenant_id, 1).await?;
        Ok(tx.file_job(job).await?)
    }

    /// Refuses so many more open jobs if the tenant has about as many as its quota.
    pub(crate) async fn more_jobs(
        &self,
        tx: &Tx,
        tenant: TenantId,
        jobs: u32,
    ) -> Result<(), Fault> {
        let what = TenantQuota::OpenJobs;
        let room = self.open_jobs.take(tenant, jobs, Instant::now());
        if room == Room::Free {
            return Ok(());
        }
        let quota = self.of(tx, tenant, what).await?;
        if room == Room::Full(quota) {
            return Err(what.reached(quota));
        }
        let open = tx.use_of(tenant, what, quota).await?;
        match self.open_jobs.counted(tenant, quota, open, jobs, Instant::now()) {
            true => Ok(()),
            false => Err(what.reached(quota)),
        }
    }
}
