//! Signs text with Ed25519, by keys that are derived from those of a key ring.

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::derived;

/// The purpose of the derived keys.
const PURPOSE: &str = "sign heads of the audit log, version 1";

/// A key that signs.
#[derive(Debug)]
pub struct SigningKey {
    id: String,
    pair: Ed25519KeyPair,
}

impl SigningKey {
    /// Derives the key from the secret of this id.
    pub(crate) fn derive(id: &str, secret: &[u8]) -> Self {
        let seed = derived::key(secret, PURPOSE);
        let pair = Ed25519KeyPair::from_seed_unchecked(&*seed).expect("any 32 bytes are a seed");
        Self { id: id.to_owned(), pair }
    }

    /// The id of the key in the ring.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public key, 32 bytes.
    pub fn public_key(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// The signature of a text, 64 bytes.
    pub fn sign(&self, text: &str) -> Vec<u8> {
        self.pair.sign(text.as_bytes()).as_ref().to_vec()
    }

    /// Whether this key made the signature of the text.
    pub fn has_signed(&self, text: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public_key())
            .verify(text.as_bytes(), signature)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_secret_and_text_fit_a_signature() {
        let key = SigningKey::derive("k1", &[1; 32]);
        let signature = key.sign("text");
        assert!(key.has_signed("text", &signature));
        assert!(!key.has_signed("texts", &signature));
        assert!(!key.has_signed("text", &signature[1..]));
        assert!(SigningKey::derive("k1", &[1; 32]).has_signed("text", &signature));
        assert!(!SigningKey::derive("k1", &[2; 32]).has_signed("text", &signature));
    }

    #[test]
    fn shows_no_secret() {
        let shown = format!("{:?}", SigningKey::derive("k1", &[1; 32]));
        assert!(!shown.contains("seed") && !shown.contains("private"), "{shown}");
    }
}
