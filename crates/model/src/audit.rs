//! The audit log: its rows, and the signed heads that show whether it was rewritten or cut.

use serde_json::Value;
use time::OffsetDateTime;

/// A row of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number, one higher than that of the row before.
    pub number: i64,
    /// The moment of the change.
    pub at: OffsetDateTime,
    /// Such as `token:0190…`.
    pub actor: String,
    /// Such as `service.activate`.
    pub action: String,
    /// Such as `service/0190…`.
    pub target: String,
    /// The correlation id of the request behind the change.
    pub correlation_id: String,
    /// What else is known of the change; never a secret.
    pub detail: Value,
}

/// The last row of the log at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of the row.
    pub number: i64,
    /// The hash of the row, and so of all rows before it.
    pub sha256: Vec<u8>,
}

/// A head with its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHead {
    /// The signed head.
    pub head: Head,
    /// The id of the key that signed it.
    pub key_id: String,
    /// The public Ed25519 key.
    pub public_key: Vec<u8>,
    /// The Ed25519 signature of [`Head::text`].
    pub signature: Vec<u8>,
}

impl Head {
    /// The signed text: `praho audit head v1`, the number, and the hash in lower-case hexadecimal, each on a line.
    pub fn text(&self) -> String {
        format!("praho audit head v1\n{}\n{}\n", self.number, hex::encode(&self.sha256))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signed_text_has_the_number_and_the_hash() {
        let head = Head { number: 7, sha256: vec![0x0a, 0xff] };
        assert_eq!(head.text(), "praho audit head v1\n7\n0aff\n");
    }
}
