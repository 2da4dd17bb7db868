//! Generates passwords of accounts: random, and safe wherever Virtualmin passes them on.

use model::secret::Secret;
use zeroize::Zeroizing;

/// Characters of a password: with 57 to choose from, 163 random bits.
const LENGTH: usize = 28;
/// Only letters and digits, so that no shell, form or configuration file gives one a special meaning, and
/// none that look alike (0 O, 1 I l), since people type them from a screen.
const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

/// A new password, with a capital, a small letter and a digit, as some servers' rules demand.
pub(crate) fn generate() -> Secret {
    loop {
        let password = draw();
        let text = password.expose();
        let has = |class: fn(&u8) -> bool| text.as_bytes().iter().any(class);
        if text.len() == LENGTH
            && has(u8::is_ascii_uppercase)
            && has(u8::is_ascii_lowercase)
            && has(u8::is_ascii_digit)
        {
            return password;
        }
    }
}

/// Up to [`LENGTH`] characters. Random values outside the alphabet are dropped, so that every character is
/// equally likely.
fn draw() -> Secret {
    let mut random = Zeroizing::new([0_u8; LENGTH * 2]);
    getrandom::fill(&mut *random).expect("Linux always has random bytes once it has started");
    let characters = random.iter().filter_map(|byte| ALPHABET.get(usize::from(byte & 63)));
    // The full capacity is reserved at once: growing text leaves copies behind in memory.
    let mut text = String::with_capacity(LENGTH);
    text.extend(characters.take(LENGTH).map(|it| char::from(*it)));
    Secret::from(text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn passwords_are_long_mixed_and_all_different() {
        let passwords: BTreeSet<String> =
            (0..1000).map(|_| generate().expose().to_owned()).collect();
        assert_eq!(passwords.len(), 1000);
        for password in &passwords {
            assert_eq!(password.len(), LENGTH);
            assert!(
                password.bytes().all(|it| ALPHABET.contains(&it)),
                "a character of no alphabet"
            );
            assert!(password.bytes().any(|it| it.is_ascii_digit()));
            assert!(password.bytes().any(|it| it.is_ascii_uppercase()));
            assert!(password.bytes().any(|it| it.is_ascii_lowercase()));
        }
        let used: BTreeSet<u8> = passwords.iter().flat_map(|it| it.bytes()).collect();
        assert_eq!(used.len(), ALPHABET.len(), "every character turns up in 28,000");
    }
}
