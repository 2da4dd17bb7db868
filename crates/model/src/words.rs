//! The words of enums: each variant gives its word, and `strum` does the conversions.

use strum::VariantArray;

/// All variants of an enum, in the order of their declaration.
pub(crate) const fn all<T: VariantArray + Copy, const N: usize>() -> [T; N] {
    *T::VARIANTS.first_chunk().expect("an enum has as many variants as it counts")
}

#[cfg(test)]
pub(crate) mod pinned;
