//! Places that tenants and tokens have to share, so that none of them can take all.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use model::{
    fault::{Fault, FaultKind},
    ids::{ApiTokenId, TenantId},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// The part of all places that one tenant may have, and one token.
const TENANT_PART: usize = 2;
const TOKEN_PART: usize = 4;
/// The pause before another try.
const RETRY: Duration = Duration::from_secs(1);
/// Names in a table before those without places are removed.
const TIDY: usize = 1024;

/// Places for one kind of thing. Clones share them.
#[derive(Clone)]
pub(crate) struct Shares {
    /// What a place is for, as in `calls under way`.
    what: &'static str,
    /// How long a caller waits for a place.
    patience: Duration,
    most: usize,
    all: Arc<Semaphore>,
    tenants: Arc<Parts<TenantId>>,
    tokens: Arc<Parts<ApiTokenId>>,
}

/// The holder of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) tenant: TenantId,
    pub(crate) token: ApiTokenId,
}

/// A place, which is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _token: OwnedSemaphorePermit,
    _tenant: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

/// The places of each name, made when they are first asked for.
struct Parts<K> {
    each: usize,
    by_name: Mutex<HashMap<K, Weak<Semaphore>>>,
}

impl Shares {
    /// `most` places for `what`, for each of which a caller waits as long as `patience`.
    pub(crate) fn new(what: &'static str, most: usize, patience: Duration) -> Self {
        Self {
            what,
            patience,
            most,
            all: Arc::new(Semaphore::new(most)),
            tenants: Arc::new(Parts::new(most / TENANT_PART)),
            tokens: Arc::new(Parts::new(most / TOKEN_PART)),
        }
    }

    /// A place for `holder`, after a short wait at most.
    ///
    /// It waits first where the holder competes with nobody else, so that it holds no place of others meanwhile.
    ///
    /// # Errors
    ///
    /// [`FaultKind::RateLimited`], with the limit that is reached.
    pub(crate) async fn take(&self, holder: Holder) -> Result<Place, Fault> {
        let mut awaited = ("this token has", self.tokens.each);
        let taking = async {
            let token = taken(self.tokens.of(holder.token)).await;
            awaited = ("this tenant has", self.tenants.each);
            let tenant = taken(self.tenants.of(holder.tenant)).await;
            awaited = ("there are", self.most);
            let all = taken(self.all.clone()).await;
            Some(Place { _token: token?, _tenant: tenant?, _all: all? })
        };
        let place = timeout(self.patience, taking).await;
        match place {
            Ok(Some(place)) => Ok(place),
            Ok(None) => Err(Fault::internal("the places are closed")),
            Err(_) => Err(self.full(awaited)),
        }
    }

    fn full(&self, (who, most): (&str, usize)) -> Fault {
        let share = match most {
            _ if most == self.most => String::new(),
            _ => format!(", which is its share of {}", self.most),
        };
        let why = format!(
            "{who} {most} {} already{share}; try again when some of them have ended",
            self.what
        );
        Fault::new(FaultKind::RateLimited, why).retry_after(RETRY)
    }
}

async fn taken(places: Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    places.acquire_owned().await.ok()
}

impl<K: Eq + Hash> Parts<K> {
    fn new(each: usize) -> Self {
        Self { each: each.max(1), by_name: Mutex::default() }
    }

    fn of(&self, name: K) -> Arc<Semaphore> {
        // A panic elsewhere leaves the table whole.
        let mut by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = by_name.get(&name).and_then(Weak::upgrade) {
            return known;
        }
        if by_name.len() >= TIDY {
            by_name.retain(|_, it| it.strong_count() > 0);
        }
        let new = Arc::new(Semaphore::new(self.each));
        by_name.insert(name, Arc::downgrade(&new));
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(most: usize) -> Shares {
        Shares::new("calls under way", most, Duration::from_millis(50))
    }

    fn holder(tenant: TenantId) -> Holder {
        Holder { tenant, token: ApiTokenId::generate() }
    }

    async fn all_of(shares: &Shares, holder: Holder) -> Vec<Place> {
        let mut places = Vec::new();
        while let Ok(place) = shares.take(holder).await {
            places.push(place);
        }
        places
    }

    #[tokio::test]
    async fn a_token_gets_a_quarter_and_a_tenant_a_half() {
        let (shares, tenant, other) = (shares(8), TenantId::generate(), TenantId::generate());
        let first = all_of(&shares, holder(tenant)).await;
        let second = all_of(&shares, holder(tenant)).await;
        let third = all_of(&shares, holder(tenant)).await;
        assert_eq!((first.len(), second.len(), third.len()), (2, 2, 0));
        assert_eq!(all_of(&shares, holder(other)).await.len(), 2);
    }

    #[tokio::test]
    async fn a_refusal_names_the_limit_and_the_wait() {
        let (shares, tenant) = (shares(8), TenantId::generate());
        let one = holder(tenant);
        let _first = all_of(&shares, one).await;
        let fault = shares.take(one).await.unwrap_err();
        assert!(fault.message.contains("this token has 2 calls under way"), "{fault}");
        assert!(fault.message.contains("share of 8"), "{fault}");
        assert_eq!((fault.kind, fault.retry_after_seconds), (FaultKind::RateLimited, Some(1)));
        let _second = all_of(&shares, holder(tenant)).await;
        let fault = shares.take(holder(tenant)).await.unwrap_err();
        assert!(fault.message.contains("this tenant has 4"), "{fault}");
        let (two, three) = (TenantId::generate(), TenantId::generate());
        let _third = [all_of(&shares, holder(two)).await, all_of(&shares, holder(two)).await];
        let fault = shares.take(holder(three)).await.unwrap_err();
        assert!(fault.message.contains("there are 8"), "{fault}");
    }

    #[tokio::test]
    async fn who_waits_gets_the_place_that_becomes_free() {
        let (shares, one) = (shares(4), holder(TenantId::generate()));
        let place = shares.take(one).await.unwrap();
        let (next, ()) = tokio::join!(shares.take(one), async { drop(place) });
        assert!(next.is_ok());
    }

    #[tokio::test]
    async fn tokens_that_hold_no_place_leave_the_table() {
        let (shares, tenant) = (shares(4), TenantId::generate());
        for _ in 0..TIDY + 10 {
            drop(shares.take(holder(tenant)).await.unwrap());
        }
        assert!(shares.tokens.by_name.lock().unwrap().len() <= TIDY);
    }
}
