//! Pins the stored words of an enum: rows and messages outlive releases, so a changed word needs a migration.

use std::{fmt::Debug, str::FromStr};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use strum::VariantArray;

/// Checks that the variants of `T`, in their order, have the words in `pinned`, and that each word reads
/// back.
#[track_caller]
pub(crate) fn are<T>(pinned: &str)
where
    T: VariantArray + Copy + PartialEq + Debug + Into<&'static str> + FromStr<Err: Debug>,
{
    let words: Vec<&str> = T::VARIANTS.iter().map(|variant| (*variant).into()).collect();
    assert_eq!(words, pinned.split_whitespace().collect::<Vec<_>>());
    let read: Vec<T> = words.iter().map(|word| word.parse().unwrap()).collect();
    assert_eq!(read, T::VARIANTS);
    assert!("no such word".parse::<T>().is_err());
}

/// As [`are`], and also checks that JSON has the same words.
#[track_caller]
pub(crate) fn are_stored<T>(pinned: &str)
where
    T: VariantArray + Copy + PartialEq + Debug + Into<&'static str> + FromStr<Err: Debug>,
    T: Serialize + DeserializeOwned,
{
    are::<T>(pinned);
    for variant in T::VARIANTS {
        let document = Value::from((*variant).into());
        assert_eq!(serde_json::to_value(variant).unwrap(), document);
        assert_eq!(serde_json::from_value::<T>(document).unwrap(), *variant);
    }
    assert!(serde_json::from_value::<T>(Value::from("no such word")).is_err());
}
