//! The zone of an account: its rows, and the DNS manager's job that applies them.

use engine::Context;
use model::{
    dns::{ApplyZone, Zone},
    fault::Fault,
    ids::AccountId,
    job::{NewJob, Order},
};
use store::Store;

/// The job that makes an account's zone equal to its rows; `None` if the account has no zone.
pub(super) async fn apply<O: Order>(
    store: &Store,
    cx: &Context<'_, O>,
    account: AccountId,
) -> Result<Option<NewJob>, Fault> {
    let Some(zone) = store.zone_of(account).await? else { return Ok(None) };
    let job = NewJob::of(cx.job.tenant_id, &ApplyZone { zone_id: zone.id }, cx.origin());
    Ok(Some(job.holding(zone.dns_server_id.zone_slot())))
}

/// Whether an account has a wanted zone.
pub(super) async fn is_wanted(store: &Store, account: AccountId) -> Result<bool, Fault> {
    Ok(store.zone_of(account).await?.is_some_and(|it| it.wanted))
}

/// Marks an account's zone as no longer wanted. Its records stay in the rows for a later return.
pub(super) async fn unwant(store: &Store, account: AccountId) -> Result<(), Fault> {
    if is_wanted(store, account).await? {
        let tx = store.begin().await?;
        tx.unwant_zone(account).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Marks an account's zone as wanted again, with its old records.
pub(super) async fn want_again(store: &Store, account: AccountId) -> Result<(), Fault> {
    if let Some(zone) = store.zone_of(account).await?.filter(|it| !it.wanted) {
        let tx = store.begin().await?;
        tx.want_zone(&Zone { wanted: true, ..zone }).await?;
        tx.commit().await?;
    }
    Ok(())
}
