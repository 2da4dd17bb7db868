//! Tokens that others publish to prove something: derived from a key, so that no table keeps them.

use ring::hmac;

use crate::derived;

/// The purpose of the derived key.
const PURPOSE: &str = "derive challenges, version 1";
/// Bytes of a token: nobody guesses 128 bits.
const LENGTH: usize = 16;

/// A key that derives tokens.
pub(crate) struct Challenger(hmac::Key);

impl Challenger {
    /// Derives the key from a secret.
    pub(crate) fn derive(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &*derived::key(secret, PURPOSE)))
    }

    /// The token for a context, in lower-case hexadecimal: always the same, and no other context has it.
    pub(crate) fn token(&self, context: &str) -> String {
        let tag = hmac::sign(&self.0, context.as_bytes());
        hex::encode(tag.as_ref().get(..LENGTH).expect("a tag of SHA-256 has 32 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_context_give_the_same_token() {
        let (one, other) = (Challenger::derive(&[1; 32]), Challenger::derive(&[2; 32]));
        assert_eq!(one.token("here"), Challenger::derive(&[1; 32]).token("here"));
        assert_ne!(one.token("here"), one.token("there"));
        assert_ne!(one.token("here"), other.token("here"));
        assert_eq!(one.token("here").len(), 2 * LENGTH);
    }
}
