//! Derives a key for one purpose from the secret of a key ring, so that an installation has no further key to keep.

use ring::hkdf::{HKDF_SHA256, Salt};
use zeroize::Zeroizing;

/// The salt of HKDF (RFC 5869). The info is the purpose.
const SALT: &[u8] = b"praho";

/// The 32 bytes for a purpose: always the same, and nobody finds the secret or those of another purpose by them.
pub(crate) fn key(secret: &[u8], purpose: &str) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Salt::new(HKDF_SHA256, SALT)
        .extract(secret)
        .expand(&[purpose.as_bytes()], HKDF_SHA256)
        .and_then(|it| it.fill(&mut *key))
        .expect("HKDF gives as many bytes as its hash has");
    key
}
