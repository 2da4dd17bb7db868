//! Proves that the audit log was not rewritten: checks its rows, and signs and checks its heads.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chassis::{
    Shutdown,
    config::{Keys, Section},
    seal::Keyring,
    telemetry::meter,
};
use contracts::messages::v1;
use messaging::CloudEvent;
use model::{
    audit::{Head, SignedHead},
    job::Origin,
};
use store::{Result, Store};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

/// The rows that one look checks.
pub(crate) const WINDOW: u32 = 10_000;
/// The time between two looks whether a head is due, if the period is not shorter.
const LOOK: Duration = Duration::from_secs(5);
/// The time between two windows of old rows. A million rows are checked in less than two hours.
const ROUND: Duration = Duration::from_secs(60);

/// When a head of the audit log is signed.
#[derive(Clone, Debug)]
pub struct AuditHeads {
    /// Seconds from one head to the next, if there are new rows; 60 by default.
    pub head_seconds: u64,
    /// New rows after which a head is signed at once; 1000 by default.
    pub head_rows: u32,
}

impl Section for AuditHeads {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            head_seconds: keys.number("head_seconds", 60, 1..=86_400),
            head_rows: keys.number("head_rows", 1000, 1..=1_000_000),
        }
    }
}

/// The result of a look at a window of the log.
#[derive(Debug, Default)]
pub(crate) struct Window {
    /// The numbers of the rows that are wrong, and why.
    pub(crate) problems: Vec<(i64, &'static str)>,
    /// The number of the last row of the window; where it began, if it has no row.
    pub(crate) checked_to: i64,
    /// Whether the log ends here.
    pub(crate) complete: bool,
    /// The heads of the window that are good.
    pub(crate) good_heads: u32,
    /// The heads of the window whose key is not in the ring.
    pub(crate) unknown_heads: u32,
}

/// Checks the rows after the number `after`, [`WINDOW`] at most, and their heads.
pub(crate) async fn check(store: &Store, keyring: &Keyring, after: i64) -> Result<Window> {
    let checked = store.check_audit(after, WINDOW).await?;
    let broken = "it does not follow from the row before: one of them was changed or removed";
    let mut window = Window {
        problems: checked.breaks.into_iter().map(|number| (number, broken)).collect(),
        checked_to: checked.to.unwrap_or(after),
        complete: checked.to.is_none_or(|to| to - after < i64::from(WINDOW)),
        ..Window::default()
    };
    let mut seen = after;
    loop {
        let heads = store.audit_heads(seen).await?;
        let Some(last) = heads.last() else { break };
        seen = last.signed.head.number;
        for head in &heads {
            let number = head.signed.head.number;
            if number > window.checked_to && !window.complete {
                return Ok(window);
            }
            if !head.fits {
                let problem =
                    "the log differs from its signed head: the row was changed or removed";
                window.problems.push((number, problem));
                continue;
            }
            match is_signed(keyring, &head.signed) {
                Some(true) => window.good_heads += 1,
                Some(false) => {
                    window.problems.push((number, "the signature of its head is forged"));
                }
                None => window.unknown_heads += 1,
            }
        }
    }
    Ok(window)
}

/// Whether a key of the ring has signed the head; `None` if the ring does not have the key.
fn is_signed(keyring: &Keyring, signed: &SignedHead) -> Option<bool> {
    let key = keyring.signing_key_named(&signed.key_id)?;
    Some(key.has_signed(&signed.head.text(), &signed.signature))
}

/// Keeps the proof of the log: any number of processes may, and one signs at a time.
pub(crate) struct Proof {
    store: Store,
    keyring: Arc<Keyring>,
    heads: AuditHeads,
    /// The rows that are known to be wrong.
    known: BTreeSet<i64>,
    shown: Arc<AtomicU64>,
    /// The number after which the next old rows are checked.
    next: i64,
}

impl Proof {
    pub(crate) fn new(store: Store, keyring: Arc<Keyring>, heads: AuditHeads) -> Self {
        let shown = Arc::new(AtomicU64::new(0));
        let read = shown.clone();
        meter("api")
            .u64_observable_gauge("audit.problems")
            .with_description("Rows of the audit log that were changed or removed past its guards")
            .with_callback(move |gauge| gauge.observe(read.load(Ordering::Relaxed), &[]))
            .build();
        Self { store, keyring, heads, known: BTreeSet::new(), shown, next: 0 }
    }

    /// Signs heads when they are due, and checks all old rows again and again, a window at a time, until a stop is
    /// requested.
    pub(crate) async fn keep(mut self, shutdown: Shutdown) -> anyhow::Result<()> {
        let period = Duration::from_secs(self.heads.head_seconds);
        let (mut looks, mut rounds) = (interval(period.min(LOOK)), interval(ROUND));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let done = tokio::select! {
                _ = looks.tick() => self.sign_if_due().await,
                _ = rounds.tick() => self.check_old_rows().await,
                () = shutdown.requested() => return Ok(()),
            };
            if let Err(error) = done {
                tracing::warn!(%error, "the audit log was not checked");
            }
        }
    }

    async fn check_old_rows(&mut self) -> Result<()> {
        let window = check(&self.store, &self.keyring, self.next).await?;
        self.next = if window.complete { 0 } else { window.checked_to };
        self.note(&window.problems).await
    }

    /// Signs the head of the log, unless a row since the last head is wrong.
    async fn sign_if_due(&mut self) -> Result<()> {
        let lag = self.store.audit_head_lag().await?;
        let period = Duration::from_secs(self.heads.head_seconds);
        let is_due =
            lag.age.is_none_or(|age| age >= period) || lag.rows >= i64::from(self.heads.head_rows);
        if lag.rows == 0 || !is_due {
            return Ok(());
        }
        let tx = self.store.begin().await?;
        if !tx.lock_audit_heads().await? {
            return Ok(());
        }
        // The row of the last head is checked too: it may have been cut with the rows after it.
        let last = self.store.last_audit_head().await?;
        let mut to = last.map_or(0, |it| it.signed.head.number - 1);
        let mut problems = Vec::new();
        loop {
            let window = check(&self.store, &self.keyring, to).await?;
            to = window.checked_to;
            problems.extend(window.problems);
            if window.complete {
                break;
            }
        }
        if !problems.is_empty() {
            return self.note(&problems).await;
        }
        if let Some(sha256) = self.store.audit_hash(to).await? {
            let signed = sign(&self.keyring, Head { number: to, sha256 });
            tx.insert_audit_head(&signed).await?;
            tx.publish(&event("audit.head_signed", to, &published(&signed))).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Shows wrong rows in the metric, and tells the first of those that were not known.
    async fn note(&mut self, problems: &[(i64, &'static str)]) -> Result<()> {
        let new = problems.iter().find(|(number, _)| !self.known.contains(number));
        if let Some(&(number, problem)) = new {
            tracing::error!(number, problem, "the audit log is broken");
            let tx = self.store.begin().await?;
            let data =
                v1::AuditBroken { number: number.unsigned_abs(), problem: problem.to_owned() };
            tx.publish(&event("audit.broken", number, &data)).await?;
            tx.commit().await?;
        }
        self.known.extend(problems.iter().map(|(number, _)| number));
        self.shown.store(self.known.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}

fn sign(keyring: &Keyring, head: Head) -> SignedHead {
    let key = keyring.signing_key();
    let signature = key.sign(&head.text());
    let (key_id, public_key) = (key.id().to_owned(), key.public_key().to_vec());
    SignedHead { head, key_id, public_key, signature }
}

fn published(signed: &SignedHead) -> v1::AuditHeadSigned {
    v1::AuditHeadSigned {
        number: signed.head.number.unsigned_abs(),
        sha256: hex::encode(&signed.head.sha256),
        key_id: signed.key_id.clone(),
        public_key: hex::encode(&signed.public_key),
        signature: hex::encode(&signed.signature),
    }
}

fn event(kind: &str, number: i64, data: &impl serde::Serialize) -> store::outbox::NewMessage {
    let origin = Origin {
        actor: "praho-api".to_owned(),
        correlation_id: Uuid::now_v7().to_string(),
        traceparent: None,
        client_address: None,
    };
    CloudEvent::new(kind, format!("audit/{number}"), data).message(&origin)
}
