//! Host keys of SSH, by which a host is known, as their SHA-256 fingerprints.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

/// The most host keys that are pinned for one host: the present one, and the next one while they are exchanged.
pub const MOST: usize = 2;

/// What stands before the digest, as `ssh-keygen -l` shows it.
const PREFIX: &str = "SHA256:";

/// The SHA-256 fingerprint of a host key. It prints as `ssh-keygen -l` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HostKey([u8; 32]);

/// Why a text is no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is no SHA-256 fingerprint of a host key; give what `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` shows on the \
     host, such as SHA256: and 43 letters"
)]
pub struct NotAHostKey;

impl FromStr for HostKey {
    type Err = NotAHostKey;

    fn from_str(text: &str) -> Result<Self, NotAHostKey> {
        let digest = text.strip_prefix(PREFIX).ok_or(NotAHostKey)?;
        let digest = STANDARD_NO_PAD.decode(digest).map_err(|_| NotAHostKey)?;
        digest.try_into().map(Self).map_err(|_| NotAHostKey)
    }
}

impl From<[u8; 32]> for HostKey {
    fn from(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

impl fmt::Display for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", STANDARD_NO_PAD.encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_fingerprint_reads_as_it_prints(digest: [u8; 32]) {
            let key = HostKey::from(digest);
            prop_assert_eq!(key.to_string().parse(), Ok(key));
        }

        #[test]
        fn no_two_texts_are_one_fingerprint(text in "(SHA256:)?[A-Za-z0-9+/=]{42,44}") {
            if let Ok(key) = text.parse::<HostKey>() {
                prop_assert_eq!(key.to_string(), text);
            }
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let md5 = "MD5:d4:1d:8c:d9:8f:00:b2:04:e9:80:09:98:ec:f8:42:7e";
        let bare = "A".repeat(43);
        let padded = format!("SHA256:{bare}=");
        for text in ["", "SHA256:", md5, &bare, &padded] {
            assert_eq!(text.parse::<HostKey>(), Err(NotAHostKey), "{text}");
        }
    }
}
