//! Tests of how limits are read, printed and converted.

use proptest::prelude::*;

use super::{Limit, SizeError as E};

#[test]
fn unlimited_is_neither_zero_nor_unreadable() {
    for text in ["Unlimited", "UNLIMITED", " unlimited "] {
        assert_eq!(text.parse(), Ok(Limit::Unlimited));
    }
    assert_eq!("0".parse(), Ok(Limit::AtMost(0)));
    assert!(Limit::Unlimited > Limit::AtMost(u64::MAX));
}

#[test]
fn reads_limits_as_whole_numbers_in_the_unit_of_their_field() {
    assert_eq!("2097152".parse(), Ok(Limit::AtMost(2_097_152)));
    for (text, error) in [
        ("", E::Empty),
        ("-1", E::Negative),
        ("1.5", E::Number),
        ("1,024", E::Number),
        ("1 GiB", E::Number),
        ("+1", E::Number),
        ("٣", E::Number),
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
fn a_limit_in_json_is_a_word_or_a_number() {
    for (limit, json) in
        [(Limit::Unlimited, "\"unlimited\""), (Limit::AtMost(5), "{\"at_most\":5}")]
    {
        assert_eq!(serde_json::to_string(&limit).unwrap(), json);
        assert_eq!(serde_json::from_str::<Limit>(json).unwrap(), limit);
    }
}

proptest! {
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
        if let Ok(read) = text.parse::<Limit>() {
            prop_assert_eq!(read.to_string().parse(), Ok(read));
        }
    }
}
