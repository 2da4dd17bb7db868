//! The signed heads of the audit log.

use std::time::Duration;

use model::audit::{Head, SignedHead};
use sea_orm::FromQueryResult;

use crate::{
    Error, Result, Store, Tx,
    columns::seconds,
    statement::{all, execute, one, sql, value},
};

/// Heads, each with whether the log still agrees with it.
const HEADS: &str = "SELECT head.*, EXISTS (SELECT FROM audit_log WHERE seq = head.seq AND sha256 = head.sha256) AS fits
    FROM audit_heads head";
/// The most heads that one statement reads.
const MOST: i64 = 1000;

/// The lag of the heads behind the log.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeadLag {
    /// Rows of the log after the last head.
    pub rows: i64,
    /// How long ago the last head was signed; `None` if there is no head.
    pub age: Option<Duration>,
}

/// A head, and whether the log still agrees with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptHead {
    /// The head.
    pub signed: SignedHead,
    /// Whether its row is in the log with its hash.
    pub fits: bool,
}

impl Store {
    /// The lag of the heads behind the log.
    pub async fn audit_head_lag(&self) -> Result<HeadLag> {
        let statement = sql(
            "SELECT coalesce((SELECT seq FROM audit_log ORDER BY seq DESC LIMIT 1), 0)
                    - coalesce(head.seq, 0), extract(epoch FROM now() - head.signed_at)::float8
             FROM (SELECT) one LEFT JOIN (SELECT * FROM audit_heads ORDER BY seq DESC LIMIT 1) head ON true",
            [],
        );
        let found: Option<(i64, Option<f64>)> = value(&self.db, statement).await?;
        let (rows, age) = found.unwrap_or_default();
        Ok(HeadLag { rows, age: age.map(seconds) })
    }

    /// Heads after the number `after`, oldest first; 1000 at most.
    pub async fn audit_heads(&self, after: i64) -> Result<Vec<KeptHead>> {
        let text = format!("{HEADS} WHERE seq > $1 ORDER BY seq LIMIT $2");
        let statement = sql(&text, [after.into(), MOST.into()]);
        all::<HeadRow, _>(&self.db, statement).await
    }

    /// The last head.
    pub async fn last_audit_head(&self) -> Result<Option<KeptHead>> {
        // Retention takes rows only together with their heads, so the row of the last head should be there.
        let text = format!("{HEADS} ORDER BY seq DESC LIMIT 1");
        let statement = sql(&text, []);
        one::<HeadRow, _>(&self.db, statement).await
    }

    /// The hash of a row of the log, if it is there.
    pub async fn audit_hash(&self, number: i64) -> Result<Option<Vec<u8>>> {
        value(&self.db, sql("SELECT sha256 FROM audit_log WHERE seq = $1", [number.into()])).await
    }
}

impl Tx {
    /// Keeps other transactions from signing until the end of this one; `false` if one does so already.
    pub async fn lock_audit_heads(&self) -> Result<bool> {
        let statement = sql("SELECT pg_try_advisory_xact_lock(hashtext('audit_heads'))", []);
        Ok(value(&self.db, statement).await?.unwrap_or(false))
    }

    /// Keeps a head.
    pub async fn insert_audit_head(&self, signed: &SignedHead) -> Result<()> {
        let statement = sql(
            "INSERT INTO audit_heads (seq, sha256, key_id, public_key, signature) VALUES ($1, $2, $3, $4, $5)",
            [
                signed.head.number.into(),
                signed.head.sha256.clone().into(),
                signed.key_id.as_str().into(),
                signed.public_key.clone().into(),
                signed.signature.clone().into(),
            ],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }
}

#[derive(FromQueryResult)]
struct HeadRow {
    seq: i64,
    sha256: Vec<u8>,
    key_id: String,
    public_key: Vec<u8>,
    signature: Vec<u8>,
    fits: bool,
}

impl TryFrom<HeadRow> for KeptHead {
    type Error = Error;

    fn try_from(row: HeadRow) -> Result<Self> {
        Ok(Self {
            signed: SignedHead {
                head: Head { number: row.seq, sha256: row.sha256 },
                key_id: row.key_id,
                public_key: row.public_key,
                signature: row.signature,
            },
            fits: row.fits,
        })
    }
}
