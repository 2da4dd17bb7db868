//! Converts limits to and from optional numbers, as every contract has them: absent means unlimited, zero
//! means nothing at all.

use model::quota::Limit;

/// A limit as an optional number.
pub fn to_number(limit: Limit) -> Option<u64> {
    match limit {
        Limit::AtMost(most) => Some(most),
        Limit::Unlimited => None,
    }
}

/// A limit from an optional number.
pub fn from_number(number: Option<u64>) -> Limit {
    number.map_or(Limit::Unlimited, Limit::AtMost)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unlimited_and_nothing_stay_apart() {
        for number in [None, Some(0), Some(7)] {
            assert_eq!(to_number(from_number(number)), number);
        }
        assert_ne!(from_number(None), from_number(Some(0)));
    }
}
