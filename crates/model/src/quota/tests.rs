//! How sizes and limits read and print.

use proptest::prelude::*;

use super::{Bytes, Limit, SizeError as E};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

fn bytes(text: &str) -> u64 {
    text.parse::<Bytes>().unwrap_or_else(|error| panic!("{text:?}: {error}")).get()
}

fn refused(texts: &[&str], error: E) {
    for text in texts {
        assert_eq!(text.parse::<Bytes>(), Err(error), "{text:?}");
        assert_eq!(Limit::parse_size(text), Err(error), "{text:?}");
    }
}

#[test]
fn reads_what_virtualmin_prints() {
    for (text, expected) in [
        ("12 bytes", 12),
        ("108 KiB", 108 * KIB),
        ("50 MiB", 50 * MIB),
        ("2 GiB", 2 * GIB),
        ("878.9 MiB", 921_593_447),
        ("1.43 GiB", 1_535_450_809),
    ] {
        assert_eq!(bytes(text), expected, "{text}");
        assert_eq!(Bytes::new(expected).to_string(), text);
    }
}

#[test]
fn reads_looser_forms() {
    for (text, expected) in [
        ("512", 512),
        ("512 bytes", 512),
        ("1 byte", 1),
        ("7B", 7),
        ("0", 0),
        ("1023K", 1023 * KIB),
        ("1P", 1 << 50),
        ("2 GB", 2 * GIB),
        ("2gib", 2 * GIB),
        ("1,024 MB", GIB),
        ("1,024.5 MB", GIB + MIB / 2),
        ("12,345,678", 12_345_678),
        (" 3  TiB\n", 3 << 40),
        ("1.0 bytes", 1),
        ("18446744073709551615", u64::MAX),
    ] {
        assert_eq!(bytes(text), expected, "{text}");
    }
}

#[test]
fn cuts_to_whole_mebibytes() {
    assert_eq!("1.2G".parse::<Bytes>().unwrap().mib(), 1228);
    assert_eq!(Bytes::new(MIB - 1).mib(), 0);
}

#[test]
fn refuses_what_is_not_a_size() {
    refused(&["", "  "], E::Empty);
    refused(&["-1", "-1 GiB", "-"], E::Negative);
    refused(&["GiB", "+1", "1..2", "1.2.3", "1.", ".5", ".", "1.234,5", "one", "٣"], E::Number);
    refused(&["1,5", "1,2345", ",123", "123,", "1234,567", "1,,234", "1,23,456"], E::Number);
    refused(&["1.5 bytes", "0.5", &format!("1.{} G", "1".repeat(19))], E::Number);
    refused(
        &["1 GiB free", "1 GiBs", "1 XB", "1 E", "1 2", "1e3", "1 kibi", "1 bit", "1 Gé"],
        E::Unit,
    );
    refused(&["16384 PiB", "18446744073709551616", &"9".repeat(99), "16,384P"], E::TooLarge);
}

#[test]
fn unlimited_is_neither_zero_nor_unreadable() {
    for text in ["Unlimited", "UNLIMITED", " unlimited "] {
        assert_eq!(text.parse(), Ok(Limit::Unlimited));
        assert_eq!(Limit::parse_size(text), Ok(Limit::Unlimited));
    }
    assert_eq!("0".parse(), Ok(Limit::AtMost(0)));
    assert_eq!(Limit::parse_size("0 bytes"), Ok(Limit::AtMost(0)));
    assert_eq!("Unlimited".parse::<Bytes>(), Err(E::Number));
    assert!(Limit::Unlimited > Limit::AtMost(u64::MAX));
}

#[test]
fn reads_limits_as_whole_numbers_in_the_unit_of_their_field() {
    assert_eq!("2097152".parse(), Ok(Limit::AtMost(2_097_152)));
    assert_eq!(Limit::parse_size("2 GiB"), Ok(Limit::AtMost(2 * GIB)));
    for (text, error) in [
        ("", E::Empty),
        ("-1", E::Negative),
        ("1.5", E::Number),
        ("1,024", E::Number),
        ("1 GiB", E::Number),
        ("+1", E::Number),
        ("Cannot create", E::Number),
        ("18446744073709551616", E::TooLarge),
    ] {
        assert_eq!(text.parse::<Limit>(), Err(error), "{text:?}");
    }
}

#[test]
fn tells_virtualmin_blocks_for_quotas_and_bytes_for_bandwidth() {
    let limit = Limit::AtMost(2048);
    assert_eq!(limit.mib_to_blocks(), Ok(Limit::AtMost(2_097_152)));
    assert_eq!(limit.mib_to_bytes(), Ok(Limit::AtMost(2_147_483_648)));
    assert_eq!(limit.quota_argument().unwrap(), "2097152");
    assert_eq!(limit.bandwidth_argument().unwrap(), "2147483648");
    assert_eq!(Limit::Unlimited.quota_argument().unwrap(), "UNLIMITED");
    assert_eq!(Limit::Unlimited.bandwidth_argument().unwrap(), "NONE");
}

#[test]
fn never_tells_virtualmin_a_zero_that_it_takes_for_unlimited() {
    assert_eq!(Limit::AtMost(0).quota_argument(), Err(E::Zero));
    assert_eq!(Limit::AtMost(0).bandwidth_argument(), Err(E::Zero));
}

#[test]
fn refuses_limits_whose_bytes_pass_64_bits() {
    let limit = Limit::AtMost(1 << 44);
    assert_eq!(limit.quota_argument(), Err(E::TooLarge));
    assert_eq!(limit.bandwidth_argument(), Err(E::TooLarge));
}

#[test]
fn prints_the_bounds_of_each_unit() {
    for (size, text) in [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (KIB, "1 KiB"),
        (MIB - 1, "1023.99 KiB"),
        (MIB, "1 MiB"),
        (GIB, "1 GiB"),
        (1 << 40, "1 TiB"),
        (1 << 50, "1 PiB"),
        (GIB + GIB / 20, "1.04 GiB"),
        (u64::MAX, "16383.99 PiB"),
    ] {
        assert_eq!(Bytes::new(size).to_string(), text);
    }
}

#[test]
fn a_limit_in_json_is_a_word_or_a_number() {
    for (limit, json) in
        [(Limit::Unlimited, "\"unlimited\""), (Limit::AtMost(5), "{\"at_most\":5}")]
    {
        assert_eq!(serde_json::to_string(&limit).unwrap(), json);
        assert_eq!(serde_json::from_str::<Limit>(json).unwrap(), limit);
    }
}

/// Sizes of every magnitude, not mostly of the largest.
fn any_size() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0_u32..64).prop_map(|(size, shift)| size >> shift)
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_and_prints_the_same(size in any_size()) {
        let text = Bytes::new(size).to_string();
        let read = bytes(&text);
        let unit = 1 << (size.max(1).ilog2() / 10 * 10).min(50);
        prop_assert!(read <= size && size - read <= unit / 100 + 1, "{size} {text} {read}");
        prop_assert_eq!(Bytes::new(read).to_string(), text);
    }

    #[test]
    fn printed_sizes_have_one_space_and_no_trailing_zero(size in any_size()) {
        let text = Bytes::new(size).to_string();
        let (number, unit) = text.split_once(' ').unwrap();
        prop_assert!(["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"].contains(&unit));
        if let Some((_, decimals)) = number.split_once('.') {
            prop_assert!(decimals.len() <= 2 && !decimals.ends_with('0'), "{text}");
        }
    }

    #[test]
    fn a_limit_survives_its_arguments(mib in 1_u64..1 << 44) {
        let limit = Limit::AtMost(mib);
        prop_assert_eq!(limit.quota_argument().unwrap().parse(), limit.mib_to_blocks());
        prop_assert_eq!(limit.bandwidth_argument().unwrap().parse(), limit.mib_to_bytes());
    }

    #[test]
    fn a_limit_reads_back_as_it_prints(count: u64) {
        for limit in [Limit::AtMost(count), Limit::Unlimited] {
            prop_assert_eq!(limit.to_string().parse(), Ok(limit));
        }
    }

    #[test]
    fn any_text_is_read_or_refused_without_panic(text in "[0-9.,]{0,24} ?[a-zA-Z]{0,5}|\\PC{0,30}") {
        if let Ok(read) = text.parse::<Bytes>() {
            prop_assert!(bytes(&read.to_string()) <= read.get());
        }
    }
}
