//! Seals secrets for storage: XChaCha20-Poly1305, with the key's id in front and each value bound to its
//! place.
//!
//! Layout of a sealed value: version (1 byte, now 1), length of the key id (1 byte), key id (ASCII), nonce
//! (24 bytes, random), ciphertext with its 16-byte tag. The bytes before the nonce and the caller's context
//! are authenticated too, so a value that was moved to another row or given another key id does not open.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Generate, Payload},
};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{challenge::Challenger, sign::SigningKey};

/// The only layout so far.
const VERSION: u8 = 1;
/// Bytes of an XChaCha20 nonce, which is long enough to be random without a counter.
const NONCE: usize = 24;
/// The longest key id.
const MAX_KEY_ID: usize = 64;
/// Bytes of a key's mark.
const MARK: usize = 8;

/// Why a value could not be sealed or opened, or keys could not be read. The message never shows the secret.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Problem {
    /// There are no keys to read.
    #[error("no keys: set secrets.key_file or secrets.keys")]
    NoKeys,
    /// The key file cannot be read.
    #[error("key file {path}: {reason}")]
    File {
        /// The configured path.
        path: String,
        /// The error of the operating system.
        reason: String,
    },
    /// Every user of the machine may read the key file.
    #[error("key file {path} has the mode {mode:04o}, so that others may read it")]
    Exposed {
        /// The configured path.
        path: String,
        /// The permission bits.
        mode: u32,
    },
    /// An entry of the key list is wrong.
    #[error("key {number}: {reason}")]
    Key {
        /// The number of the entry from 1, without comments and empty lines.
        number: usize,
        /// The problem with the key.
        reason: &'static str,
    },
    /// The bytes do not have the layout of a sealed value.
    #[error("not a sealed value")]
    Malformed,
    /// The value was sealed with a key that is not in the ring.
    #[error("sealed with key `{0}`, which is not in the key ring")]
    UnknownKey(String),
    /// The value was altered, moved to another place, or sealed with another key of the same id.
    #[error(
        "the sealed value is not authentic here: altered, moved, or another key of the same id"
    )]
    NotAuthentic,
}

/// The keys. The first one seals, and all of them open.
pub struct Keyring {
    keys: Vec<RingKey>,
    lost: Vec<String>,
}

/// A key of a ring.
struct RingKey {
    id: String,
    cipher: XChaCha20Poly1305,
    signing: SigningKey,
    challenger: Challenger,
}

impl Keyring {
    /// Reads `id:base64 of 32 bytes`, one key a line or separated by commas; `#` starts a comment line.
    ///
    /// `head -c 32 /dev/urandom | base64` makes a key.
    ///
    /// # Errors
    /// [`Problem::Key`] for the first bad key, [`Problem::NoKeys`] if there is none.
    pub fn parse(keys: &SecretString) -> Result<Self, Problem> {
        let lines = keys.expose_secret().split(['\n', ',']).map(str::trim);
        let mut ring: Vec<RingKey> = Vec::new();
        for (index, line) in lines.filter(|l| !l.is_empty() && !l.starts_with('#')).enumerate() {
            let wrong = |reason| Problem::Key { number: index + 1, reason };
            let (id, key) = line.split_once(':').ok_or(wrong("is not `id:base64`"))?;
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            if id.is_empty() || id.len() > MAX_KEY_ID || !id.bytes().all(plain) {
                return Err(wrong("has an id that is not 1 to 64 of a-z A-Z 0-9 - _ ."));
            }
            if ring.iter().any(|known| known.id == id) {
                return Err(wrong("has the id of an earlier key"));
            }
            let key = STANDARD.decode(key.trim()).map_err(|_| wrong("is not base64"))?;
            let key = Zeroizing::new(key);
            let key: &Key = key.as_slice().try_into().map_err(|_| wrong("is not 32 bytes"))?;
            let (cipher, signing) = (XChaCha20Poly1305::new(key), SigningKey::derive(id, key));
            let challenger = Challenger::derive(key);
            ring.push(RingKey { id: id.to_owned(), cipher, signing, challenger });
        }
        if ring.is_empty() {
            Err(Problem::NoKeys)
        } else {
            Ok(Self { keys: ring, lost: Vec::new() })
        }
    }

    /// Seals `plaintext` for the place `context`, for example `server/<id>/password`.
    pub fn seal(&self, context: &str, plaintext: &[u8]) -> Vec<u8> {
        let RingKey { id, cipher, .. } = self.first();
        let length = u8::try_from(id.len()).expect("ids are at most 64 bytes");
        let mut sealed = vec![VERSION, length];
        sealed.extend_from_slice(id.as_bytes());
        let nonce = XNonce::generate();
        let aad = bound(&sealed, context);
        let ciphertext = cipher
            .encrypt(&nonce, Payload { msg: plaintext, aad: &aad })
            .expect("a secret is shorter than 256 GiB");
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        sealed
    }

    /// Opens a value that was sealed for the same `context`.
    ///
    /// # Errors
    /// [`Problem::Malformed`], [`Problem::UnknownKey`] or [`Problem::NotAuthentic`].
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Problem> {
        let parts = Parts::of(sealed)?;
        let RingKey { cipher, .. } =
            self.key(parts.key_id).ok_or_else(|| Problem::UnknownKey(parts.key_id.to_owned()))?;
        let aad = bound(parts.header, context);
        cipher
            .decrypt(&parts.nonce, Payload { msg: parts.ciphertext, aad: &aad })
            .map(Zeroizing::new)
            .map_err(|_| Problem::NotAuthentic)
    }

    /// The same keys, with the ids of keys that nobody has any more.
    #[must_use]
    pub fn with_lost(self, lost: Vec<String>) -> Self {
        Self { lost, ..self }
    }

    /// Whether the ring has the key.
    pub fn has(&self, id: &str) -> bool {
        self.key(id).is_some()
    }

    /// Whether the key is named as lost, so that nobody opens its values again.
    pub fn is_lost(&self, id: &str) -> bool {
        self.lost.iter().any(|lost| lost == id)
    }

    /// The id of the key that seals.
    pub fn first_id(&self) -> &str {
        &self.first().id
    }

    /// The ids of the keys in order, each with a mark by which two keys of the same id are told apart. A mark is the begin of
    /// the public key that signs, which is no secret.
    pub fn marks(&self) -> impl Iterator<Item = (&str, String)> {
        self.keys
            .iter()
            .map(|key| (key.id.as_str(), hex::encode(&key.signing.public_key()[..MARK])))
    }

    /// The key that signs.
    pub fn signing_key(&self) -> &SigningKey {
        &self.first().signing
    }

    /// The signing key of this id, if the ring has it.
    pub fn signing_key_named(&self, id: &str) -> Option<&SigningKey> {
        self.key(id).map(|key| &key.signing)
    }

    /// The tokens that prove something when others publish them, for a context: the first is the one to publish, and those
    /// of the other keys were it earlier.
    pub fn challenges(&self, context: &str) -> Vec<String> {
        self.keys.iter().map(|key| key.challenger.token(context)).collect()
    }

    fn first(&self) -> &RingKey {
        self.keys.first().expect("a ring is never empty")
    }

    fn key(&self, id: &str) -> Option<&RingKey> {
        self.keys.iter().find(|key| key.id == id)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.id)).finish()
    }
}

/// The parts of a sealed value.
struct Parts<'a> {
    header: &'a [u8],
    key_id: &'a str,
    nonce: XNonce,
    ciphertext: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(sealed: &'a [u8]) -> Result<Self, Problem> {
        let [VERSION, length, ..] = sealed else { return Err(Problem::Malformed) };
        let (header, rest) =
            sealed.split_at_checked(2 + usize::from(*length)).ok_or(Problem::Malformed)?;
        let (nonce, ciphertext) = rest.split_at_checked(NONCE).ok_or(Problem::Malformed)?;
        let key_id = std::str::from_utf8(&header[2..]).map_err(|_| Problem::Malformed)?;
        let nonce = nonce.try_into().map_err(|_| Problem::Malformed)?;
        Ok(Self { header, key_id, nonce, ciphertext })
    }
}

/// The data that is authenticated beside the content. The header contains its own length, so the two parts
/// cannot be confused.
fn bound(header: &[u8], context: &str) -> Vec<u8> {
    [header, context.as_bytes()].concat()
}

#[cfg(test)]
mod tests;
