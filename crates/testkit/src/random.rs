//! Unique names and unguessable secrets.

use std::fs::File;
use std::io::Read;

use uuid::Uuid;

/// A short unique name: `name` and twelve random hexadecimal digits.
///
/// Fits queue prefixes, exchanges, labels of domains and folders.
#[must_use]
pub fn unique(name: &str) -> String {
    let random = Uuid::new_v4().simple().to_string();
    format!("{name}-{}", &random[..12])
}

/// A password of 32 hexadecimal digits (122 random bits).
#[must_use]
pub fn password() -> String {
    Uuid::new_v4().simple().to_string()
}

/// Random bytes from the operating system, for keys and tokens.
///
/// # Panics
/// If `/dev/urandom` cannot be read.
#[must_use]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .expect("/dev/urandom can be read on any Linux");
    bytes
}
