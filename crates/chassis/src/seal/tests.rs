//! Values open only with their key, in their place, unchanged.

use proptest::prelude::*;

use super::*;

fn ring(keys: &[(&str, u8)]) -> Keyring {
    let lines: Vec<_> =
        keys.iter().map(|(id, byte)| format!("{id}:{}", STANDARD.encode([*byte; 32]))).collect();
    Keyring::parse(&SecretString::from(lines.join("\n"))).unwrap()
}

proptest! {
    #[test]
    fn opens_what_it_sealed(context in ".*", plaintext: Vec<u8>) {
        let ring = ring(&[("a", 1)]);
        let sealed = ring.seal(&context, &plaintext);
        prop_assert_eq!(&*ring.open(&context, &sealed).unwrap(), &plaintext);
    }

    #[test]
    fn refuses_another_context(context in ".*", other in ".*", plaintext: Vec<u8>) {
        prop_assume!(context != other);
        let ring = ring(&[("a", 1)]);
        let sealed = ring.seal(&context, &plaintext);
        prop_assert_eq!(ring.open(&other, &sealed), Err(Problem::NotAuthentic));
    }

    #[test]
    fn refuses_a_single_changed_bit(plaintext: Vec<u8>, at: prop::sample::Index, bit in 0..8_u32) {
        let ring = ring(&[("a", 1), ("b", 2)]);
        let mut sealed = ring.seal("here", &plaintext);
        let at = at.index(sealed.len());
        sealed[at] ^= 1_u8 << bit;
        prop_assert!(ring.open("here", &sealed).is_err());
    }

    #[test]
    fn never_panics_on_rubbish(rubbish: Vec<u8>) {
        prop_assert!(ring(&[("a", 1)]).open("here", &rubbish).is_err());
    }

    #[test]
    fn never_panics_on_a_cut_value(keep in 0..50_usize) {
        let ring = ring(&[("a", 1)]);
        let sealed = ring.seal("here", b"content");
        prop_assert!(ring.open("here", &sealed[..keep.min(sealed.len() - 1)]).is_err());
    }
}

#[test]
fn rotates_by_sealing_again_with_the_new_first_key() {
    let sealed = ring(&[("old", 1)]).seal("here", b"content");
    let both = ring(&[("new", 2), ("old", 1)]);
    assert_eq!(both.first_id(), "new");
    let resealed = both.seal("here", &both.open("here", &sealed).unwrap());
    let after = ring(&[("new", 2)]);
    assert_eq!(&*after.open("here", &resealed).unwrap(), b"content");
    assert_eq!(after.open("here", &sealed), Err(Problem::UnknownKey("old".into())));
}

#[test]
fn a_published_token_is_known_after_a_rotation() {
    let old = ring(&[("old", 1)]).challenges("here");
    let both = ring(&[("new", 2), ("old", 1)]).challenges("here");
    assert_eq!((both.len(), &both[1]), (2, &old[0]));
    assert_ne!(both[0], both[1]);
}

#[test]
fn seals_the_same_content_differently_each_time() {
    let ring = ring(&[("a", 1)]);
    assert_ne!(ring.seal("here", b"content"), ring.seal("here", b"content"));
}

#[test]
fn names_the_bad_key_but_never_shows_it() {
    for (keys, reason) in [
        ("abcd", "is not `id:base64`"),
        ("a b:AAAA", "has an id that is not 1 to 64 of a-z A-Z 0-9 - _ ."),
        ("a:***", "is not base64"),
        ("a:AAAA", "is not 32 bytes"),
    ] {
        let problem = Keyring::parse(&SecretString::from(format!("# ours\n{keys}"))).unwrap_err();
        assert_eq!(problem, Problem::Key { number: 1, reason });
    }
    assert_eq!(Keyring::parse(&SecretString::from("# none\n")).unwrap_err(), Problem::NoKeys);
}

#[test]
fn another_key_of_the_same_id_has_another_mark() {
    let marks =
        |keys| ring(keys).marks().map(|(id, mark)| (id.to_owned(), mark)).collect::<Vec<_>>();
    let one = marks(&[("a", 1), ("b", 2)]);
    assert_eq!(one, marks(&[("a", 1), ("b", 2)]));
    assert_eq!((one[0].0.as_str(), one[1].0.as_str()), ("a", "b"));
    assert_ne!(one[0].1, marks(&[("a", 2)])[0].1);
    assert!(!one[0].1.contains(&hex::encode([1_u8; 8])), "a mark shows no part of the key");
}

#[test]
fn shows_only_key_ids() {
    assert_eq!(format!("{:?}", ring(&[("a", 1), ("b", 2)])), r#"["a", "b"]"#);
}
