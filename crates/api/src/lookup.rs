//! Looks callers up by their tokens, and keeps wrong tokens from taking the time of the database.
//!
//! A token that was good lately has its own place at the database. All others are limited: each address to a number
//! of wrong tokens, and all together to a few look-ups at a time.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use chassis::peer::network;
use model::{
    fault::{Fault, FaultKind},
    ids::{ApiTokenId, TenantId},
};
use moka::sync::Cache;
use store::{Store, tokens};
use tokio::{sync::Semaphore, time::timeout};

use crate::{
    limit::Limiter,
    refusal::Refusal,
    shares::{Holder, Shares},
};

/// Tokens remembered at a time, good ones and wrong ones each.
const MAX_TOKENS: u64 = 10_000;
/// How long a good token is remembered after its last call. It is looked up all the same.
const KNOWN: Duration = Duration::from_secs(15 * 60);
/// How long a wrong token is refused without a look: so long may a new token be unknown that was tried before.
const WRONG: Duration = Duration::from_secs(1);
/// Look-ups of good tokens at a time.
const LOOKUPS: usize = 64;
/// Look-ups of unknown tokens at a time: fewer than the database has connections.
const STRANGERS: usize = 4;
/// How long a token waits for its look-up, which takes a moment: many calls may come at once, and after a start all
/// tokens are unknown.
const PATIENCE: Duration = Duration::from_secs(1);

/// The SHA-256 by which a token is found.
type Hash = [u8; 32];

/// Looks callers up. Clones share what they remember.
#[derive(Clone)]
pub(crate) struct Lookup {
    store: Store,
    known: Cache<Hash, Holder>,
    wrong: Cache<Hash, ()>,
    places: Shares,
    strangers: Arc<Semaphore>,
    limiter: Limiter<IpAddr>,
}

/// What is known of a token.
pub(crate) enum Found {
    /// The token is good.
    Caller(tokens::Caller),
    /// The token was revoked or has expired.
    Ended(TenantId, ApiTokenId),
    /// There is no such token.
    Nobody,
}

impl Lookup {
    /// Allows each address `wrong` wrong tokens in a window.
    pub(crate) fn new(store: &Store, wrong: u32, window_seconds: u32) -> Self {
        Self {
            store: store.clone(),
            known: Cache::builder().max_capacity(MAX_TOKENS).time_to_idle(KNOWN).build(),
            wrong: Cache::builder().max_capacity(MAX_TOKENS).time_to_live(WRONG).build(),
            places: Shares::new("calls whose token is looked up", LOOKUPS, PATIENCE),
            strangers: Arc::new(Semaphore::new(STRANGERS)),
            limiter: Limiter::new(wrong, window_seconds),
        }
    }

    /// Finds the caller with the token of this SHA-256, who calls from `address`.
    ///
    /// # Errors
    ///
    /// [`FaultKind::RateLimited`] for an unknown token from an address with too many wrong ones, or while too many
    /// tokens are looked up; [`FaultKind::Unavailable`] without the database.
    pub(crate) async fn find(&self, sha256: Hash, address: IpAddr) -> Result<Found, Refusal> {
        let network = network(address);
        if let Some(holder) = self.known.get(&sha256) {
            let _place = self.places.take(holder).await.map_err(Refusal::full)?;
            let found = self.ask(sha256).await?;
            if !matches!(found, Found::Caller(_)) {
                self.known.invalidate(&sha256);
                self.limiter.count(network, Instant::now());
            }
            return Ok(found);
        }
        // Counted before the look, because a thousand calls may come at the same time.
        let quota = self.limiter.count(network, Instant::now());
        quota.check("calls with a wrong token from this address")?;
        if self.wrong.contains_key(&sha256) {
            return Ok(Found::Nobody);
        }
        let Ok(Ok(_place)) = timeout(PATIENCE, self.strangers.acquire()).await else {
            self.limiter.forgive(&network);
            let why = "too many unknown tokens are looked up; come back later";
            let fault = Fault::new(FaultKind::RateLimited, why).retry_after(PATIENCE);
            return Err(Refusal::full(fault));
        };
        // Another call may have found it out meanwhile.
        if self.wrong.contains_key(&sha256) {
            return Ok(Found::Nobody);
        }
        let found = self.ask(sha256).await?;
        if let Found::Caller(caller) = &found {
            let holder = Holder { tenant: caller.tenant_id, token: caller.token_id };
            self.known.insert(sha256, holder);
            self.limiter.forgive(&network);
        }
        Ok(found)
    }

    async fn ask(&self, sha256: Hash) -> Result<Found, Fault> {
        if let Some(caller) = self.store.caller(sha256).await? {
            return Ok(Found::Caller(caller));
        }
        let ended = self.store.ended_token(sha256).await?;
        // An ended token is told so each time, since it stays ended.
        if ended.is_none() {
            self.wrong.insert(sha256, ());
        }
        Ok(ended.map_or(Found::Nobody, |(tenant, token)| Found::Ended(tenant, token)))
    }
}
